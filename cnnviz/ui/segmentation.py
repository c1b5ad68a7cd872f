"""The page of segmentation: masks, maps of one class, wrong pixels, ways to make maps larger, masks from class activation."""

from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st
import torch
from torch import Tensor

from cnnviz.data import ImageDataset, load, loading_code, objects_of
from cnnviz.data.scenes import INK
from cnnviz.expressions import Expression, script
from cnnviz.features import feature_maps
from cnnviz.figures import Sheet, image_sheet, map_sheet, overlay, picture_sheet
from cnnviz.figures.masks import class_colour, mask_sheet
from cnnviz.ops.masks import MaskScores, mask_scores, mean_iou
from cnnviz.saliency import attribute
from cnnviz.tasks.segmentation import UPS, enlarging_layers, overlaps_of
from cnnviz.training import TrainingSpec, open_run, segmentation_training, trained
from cnnviz.ui.components import WallItem, map_wall
from cnnviz.ui.jobs import Progress
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import OpenNetwork, network_of_run
from cnnviz.words import _

EXAMPLE, NO_SKIPS = "example_unet", "example_no_skips"
SHOWN = 4
"""Scenes beside each other."""
CAM_NETWORK = "mini_resnet"
CAM_IMAGES = 40
LARGE = 190


def without_skips() -> OpenNetwork:
    """The bundled network without skips, after the same training."""
    run = open_run(NO_SKIPS)
    return network_of_run(run, run.steps[-1])


def probabilities_of(network: OpenNetwork, scenes: ImageDataset) -> Tensor:
    """(N, K + 1, H, W) of all scenes, as 16-bit numbers."""
    with torch.inference_mode():
        parts = [network.model(part).softmax(1).half() for part in scenes.floats().split(50)]
    return torch.cat(parts).clone()


def masks_of(network: OpenNetwork, scenes: ImageDataset) -> Tensor:
    """(N, H, W) of all scenes."""
    with torch.inference_mode():
        parts = [network.model(part).argmax(1) for part in scenes.floats().split(50)]
    return torch.cat(parts).to(torch.uint8)


def scores_of(network: OpenNetwork, scenes: ImageDataset) -> MaskScores:
    """On all test scenes."""
    return mask_scores(remember(masks_of, network, scenes), scenes.targets["masks"], len(scenes.classes) + 1)


def show_masks(
    key: str,
    scenes: ImageDataset,
    numbers: Sequence[int],
    networks: Mapping[str, OpenNetwork],
    target: int = LARGE,
) -> None:
    """Row by row: the images, their masks, and what each network makes of them."""
    map_wall(key, remember(mask_rows, scenes, tuple(numbers), dict(networks), target))
    legend(scenes.classes)


def mask_rows(
    scenes: ImageDataset, numbers: Sequence[int], networks: Mapping[str, OpenNetwork], target: int
) -> list[WallItem]:
    """The rows of ``show_masks``."""
    chosen = torch.tensor(list(numbers))
    images, true = scenes.floats(chosen), scenes.targets["masks"][chosen]
    rows = [
        _row(
            _("scenes"),
            image_sheet(images, what=_("scenes")),
            [_("scene {one}", one=one) for one in numbers],
            target,
        )
    ]
    rows.append(
        _row(
            _("true masks"),
            mask_sheet(images, true, scenes.classes, _("true masks")),
            [_named(scenes, one) for one in numbers],
            target,
        )
    )
    for title, network in networks.items():
        masks = remember(masks_of, network, scenes)[chosen]
        ious = [
            mean_iou(mask, wanted, len(scenes.classes) + 1) for mask, wanted in zip(masks, true, strict=True)
        ]
        words = [_("mean IoU {value:.2f}", value=value) for value in ious]
        rows.append(
            _row(
                title,
                mask_sheet(images, masks, scenes.classes, _("masks, {title}", title=title)),
                words,
                target,
            )
        )
    return rows


def _row(title: str, sheet: Sheet, labels: Sequence[str], target: int, *, legend: bool = False) -> WallItem:
    return WallItem(
        title,
        sheet,
        unit=_("image"),
        labels=tuple((text, "") for text in labels),
        target=target,
        legend=legend,
        hint="",
    )


def _named(scenes: ImageDataset, number: int) -> str:
    __, labels = objects_of(scenes.targets["boxes"][number])
    return ", ".join(scenes.classes[label] for label in labels.tolist())


def legend(classes: Sequence[str]) -> None:
    """The colours of the classes."""
    marks = "".join(
        f'<span style="white-space:nowrap;margin-right:0.9rem"><i style="display:inline-block;width:0.9em;height:0.9em;'
        f'background:{class_colour(number)};border:1px solid #8888;margin-right:0.3em"></i>{escape(name)}</span>'
        for number, name in enumerate(classes)
    )
    said = escape(_("Colours of the classes"))
    st.html(f'<div role="note" aria-label="{said}">{marks}</div>')


def show_class(network: OpenNetwork, scenes: ImageDataset, numbers: Sequence[int], category: str) -> None:
    """The probability of one class at each pixel."""
    label, chosen = scenes.classes.index(category) + 1, torch.tensor(list(numbers))
    shares = remember(probabilities_of, network, scenes)[chosen, label].float()
    sheet = map_sheet(
        shares, span=(0.0, 1.0), columns=len(chosen), what=_("probabilities of {category}", category=category)
    )
    images = image_sheet(scenes.floats(chosen), what=_("scenes"))
    largest = [_("at most {share:.0%}", share=float(share.max())) for share in shares]
    map_wall(
        "class_mask",
        [
            _row(_("scenes"), images, [_("scene {one}", one=one) for one in numbers], LARGE),
            _row(_("probability of {category}", category=category), sheet, largest, LARGE, legend=True),
        ],
    )


def show_errors(network: OpenNetwork, scenes: ImageDataset, numbers: Sequence[int], category: str) -> None:
    """Where a class is found but is not (1), and where it is but is not found (−1)."""
    label = scenes.classes.index(category) + 1
    chosen = torch.tensor(list(numbers))
    found = (remember(masks_of, network, scenes)[chosen] == label).float()
    wrong = found - (scenes.targets["masks"][chosen] == label).float()
    sheet = map_sheet(
        wrong,
        span=(-1.0, 1.0),
        columns=len(chosen),
        what=_("wrong pixels of {category}", category=category),
        signed=True,
    )
    counts = [
        _("{value} too many, {value2} missed", value=int((one > 0).sum()), value2=int((one < 0).sum()))
        for one in wrong
    ]
    images = image_sheet(scenes.floats(chosen), what=_("scenes"))
    map_wall(
        "errors",
        [
            _row(_("scenes"), images, [_("scene {one}", one=one) for one in numbers], LARGE),
            _row(_("wrong pixels of {category}", category=category), sheet, counts, LARGE, legend=True),
        ],
    )
    st.caption(
        _("Red: taken for {category}, but is not. Blue: is {category}, but was not found.", category=category)
    )


def show_ups(network: OpenNetwork, scenes: ImageDataset, number: int, up: str) -> None:
    """How many products each output of an enlarging layer adds, and what this layer gives in the network."""
    counts = remember(overlaps_of, up)
    low, high = float(counts[1:-1, 1:-1].min()), float(counts.max())
    image = scenes.floats([number])
    layer = enlarging_layers(network.model)[-1]
    maps = remember(maps_at, network, layer, image)
    map_wall(
        "ups",
        [
            WallItem(
                "counts",
                map_sheet(counts[None], what=_("numbers of products")),
                title=_(UPS[up]),
                target=230,
                hint="",
            ),
            WallItem(
                "maps",
                map_sheet(maps, what=_("maps of {layer}", layer=layer)),
                title=layer,
                target=330,
                hint="",
            ),
        ],
    )
    st.markdown(
        _(
            "Left: all inputs and all weights are 1, so each output says how many products it adds up: **{low:g}** to **{high:g}** inside. ",
            low=low,
            high=high,
        )
        + (
            _("They are not all equal: a pattern of a checkerboard, before anything was learned.")
            if low != high
            else _("They are all equal: no pattern.")
        )
        + _(
            " Right: what the last enlarging layer, `{layer}`, of the network above gives for scene {number}.",
            layer=layer,
            number=number,
        )
    )


def maps_at(network: OpenNetwork, layer: str, image: Tensor) -> Tensor:
    return feature_maps(network.model, image[0])[layer]


def activation_mask(dataset: str, number: int) -> tuple[Tensor, Tensor, int]:
    """Grad-CAM of the class that a bundled classifier answers, (H, W); the true ink; and the class."""
    test, network = load(dataset, "test"), remember(trained, CAM_NETWORK, dataset)
    image = test.floats([number])[0]
    with torch.inference_mode():
        answer = int(network(image[None]).argmax())
    return attribute(network, image, answer, "grad_cam").map, test.images[number, 0] > INK, answer


def activation_masks(dataset: str, progress: Progress) -> tuple[Tensor, Tensor]:
    """Grad-CAM and the true ink of the first test images, (N, H, W) each."""
    heats, inks = [], []
    for number in range(CAM_IMAGES):
        heat, ink, __ = activation_mask(dataset, number)
        heats.append(heat)
        inks.append(ink)
        progress((number + 1) / CAM_IMAGES)
    return torch.stack(heats), torch.stack(inks)


def mean_overlap(heats: Tensor, inks: Tensor, share: float) -> float:
    """Mean of ``overlap_with`` over some images."""
    return sum(overlap_with(heat, ink, share) for heat, ink in zip(heats, inks, strict=True)) / len(heats)


def overlap_with(heat: Tensor, ink: Tensor, share: float) -> float:
    """IoU of the pixels with at least this share of the largest activation, and the ink."""
    mask = heat >= share * heat.max()
    return float((mask & ink).sum() / (mask | ink).sum().clamp(min=1))


def show_activation(dataset: str, number: int, share: float) -> None:
    """A mask from class activation, which needs no mask in training."""
    map_wall("activation_maps", remember(activation_items, dataset, number, share))


def activation_items(dataset: str, number: int, share: float) -> list[WallItem]:
    """The image, the activation, the mask made of it, and the true one."""
    test = load(dataset, "test")
    heat, ink, answer = remember(activation_mask, dataset, number)
    image, mask = test.floats([number])[0], heat >= share * heat.max()
    classes = test.classes
    label = int(test.labels[number])
    return [
        WallItem(
            "image",
            picture_sheet(image, _("image")),
            title=_("image {number}", number=number),
            unit=_("image"),
            legend=False,
            target=LARGE,
            hint="",
        ),
        WallItem(
            "heat",
            overlay(image, heat, "Grad-CAM", opacity=0.75),
            title=_("Grad-CAM for {class_name}", class_name=classes[answer]),
            target=LARGE,
            hint="",
        ),
        WallItem(
            "mask",
            mask_sheet(image[None], (mask.long() * (answer + 1))[None], classes, _("mask")),
            title=_("IoU {overlap_with:.2f}", overlap_with=overlap_with(heat, ink, share)),
            unit=_("image"),
            legend=False,
            target=LARGE,
            hint="",
        ),
        WallItem(
            "ink",
            mask_sheet(image[None], (ink.long() * (label + 1))[None], classes, _("true mask")),
            title=_("true mask"),
            unit=_("image"),
            legend=False,
            target=LARGE,
            hint="",
        ),
    ]


def variant(name: str, scenes: str, epochs: int) -> TrainingSpec:
    """What a network of the comparison is trained with."""
    return segmentation_training(
        scenes, epochs=epochs, skips=name != "no_skips", up=name if name in UPS else "transposed"
    )


def segmentation_code(network: Expression, scenes: ImageDataset, number: int) -> str:
    """The mask of a scene, and IoU and Dice of all classes."""
    return script(
        f"""\
network = {network}
test = {loading_code(scenes)}
with torch.inference_mode():
    masks = torch.cat([network(part).argmax(1) for part in test.floats().split(50)])

print(masks[{number}].unique(return_counts=True))  # 0 is the ground, then 1 + the class
scores = mask_scores(masks, test.targets["masks"], len(test.classes) + 1)
for name, iou, dice in zip(["ground", *test.classes], scores.iou, scores.dice):
    print(f"{{name}}: IoU {{iou:.1%}}, Dice {{dice:.1%}}")
average = scores.mean_iou
print(f"mean IoU {{average:.1%}}")
""",
        network,
        load="cnnviz.data",
        mask_scores="cnnviz.tasks",
    )
