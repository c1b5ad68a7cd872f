"""What a network says of an image, what it was given, where it looked, and how long each layer took."""

from collections import defaultdict
from collections.abc import Mapping

from torch import Tensor

from cnnviz.data import crop_box
from cnnviz.errors import CnnvizError
from cnnviz.expressions import Expression, script
from cnnviz.features import feature_maps
from cnnviz.features.composition import stages
from cnnviz.figures import boxes_on, map_sheet, overlay, picture_sheet, probability_bars
from cnnviz.inspection import milliseconds_by_layer
from cnnviz.saliency import attribute
from cnnviz.ui.answers import answer_of
from cnnviz.ui.charts import chart
from cnnviz.ui.components import WallItem
from cnnviz.ui.jobs import Progress
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import OpenNetwork
from cnnviz.ui.outside import plain
from cnnviz.ui.pictures import photograph_file
from cnnviz.words import _

TOP = 5
MAPS = 5
MOST_BARS = 24
OWN_NORMALISATION = "normalise"


def in_words(network: OpenNetwork, image: Tensor) -> str:
    """The answer as a sentence."""
    answer, order = answer_of(network, image)
    return _(
        "**{title}** says **{class_name}** ({answer:.1%})",
        title=plain(_(network.title)),
        class_name=plain(network.classes[order[0]]),
        answer=answer[order[0]],
    )


def show_top(key: str, network: OpenNetwork, image: Tensor) -> None:
    """The five most probable classes as bars."""
    answer, order = answer_of(network, image)
    best = order[:TOP]
    names = [network.classes[i] for i in best]
    words = "; ".join(f"{name} {answer[i]:.1%}" for i, name in zip(best, names, strict=True))
    chart(
        key, _("The five most probable classes: {words}", words=words), probability_bars, answer[best], names
    )


def cropped(pixels: Tensor, shape: tuple[int, int, int]) -> bytes:
    """The image as it came, with a frame around what the network is given, as a file."""
    box = crop_box(pixels, shape)
    return photograph_file(boxes_on(pixels.float() / 255, [box], [""], 320))


def given_in_words(pixels: Tensor, shape: tuple[int, int, int]) -> str:
    """What is done to an image before the first layer."""
    channels, height, width = pixels.shape
    top, left, bottom, right = crop_box(pixels, shape)
    whole = (bottom - top, right - left) == (height, width)
    part = (
        _("All of it is")
        if whole
        else _("The middle {bottom}×{right} are", bottom=bottom - top, right=right - left)
    )
    same = shape == (channels, bottom - top, right - left)
    size = _("taken as it is") if same else _("resized to {shape}×{shape2}", shape=shape[1], shape2=shape[2])
    turned = (
        ""
        if channels == shape[0]
        else _(" and turned grey")
        if shape[0] == 1
        else _(" and given three channels")
    )
    return _(
        "The image has {height}×{width} pixels{part}. {part2} {size}{turned} and divided by 255. "
        "Then the mean of the training images is taken from each channel, and the rest divided by their standard deviation.",
        height=height,
        width=width,
        part=_(" in colour") if channels == 3 else "",
        part2=part,
        size=size,
        turned=turned,
    )


def given(network: OpenNetwork, image: Tensor) -> list[WallItem]:
    """The image as it enters the network, and normalised, a map a channel."""
    size = "×".join(map(str, network.input_shape))
    items = [
        WallItem(
            "resized",
            picture_sheet(image, _("image, resized")),
            size,
            _("image"),
            target=200,
            legend=False,
            hint="",
        )
    ]
    normalised = remember(maps_of, network, image).get(OWN_NORMALISATION)
    if normalised is not None:
        sheet = map_sheet(normalised, columns=len(normalised), what=_("channels, normalised"), signed=True)
        items.append(WallItem("normalised", sheet, size, _("channel"), target=200 * len(normalised), hint=""))
    return items


def maps_of(network: OpenNetwork, image: Tensor) -> dict[str, Tensor]:
    return feature_maps(network.model, image)


def where_it_looked(network: OpenNetwork, image: Tensor) -> list[WallItem]:
    """Grad-CAM for the most probable class, and of each stage the strongest maps."""
    items = []
    target = answer_of(network, image)[1][0]
    try:
        found = attribute(network.model, image, target, "grad_cam")
        what = _("Grad-CAM, class {class_name}", class_name=network.classes[target])
        sheet = overlay(image, found.map, what, opacity=0.7)
        label = ((network.classes[target], ""),)
        items.append(WallItem("cam", sheet, title=_("Grad-CAM"), target=200, labels=label, hint=""))
    except CnnvizError:
        # A network without maps has nothing that Grad-CAM could look at; its answer stands above.
        return []
    maps: dict[str, Tensor] = remember(maps_of, network, image)
    for number, stage in enumerate(stages(network.model, network.input_shape), 1):
        values = maps[stage.layer]
        best = values.flatten(1).max(1).values.argsort(descending=True, stable=True)[:MAPS].sort().values
        sheet = map_sheet(values[best], columns=len(best), what=_("maps of {layer}", layer=stage.layer))
        items.append(
            WallItem(
                stage.layer,
                sheet,
                _("{layer}, {count} of {values}", layer=stage.layer, count=len(best), values=len(values)),
                title=_("stage {number}", number=number),
                target=88,
                labels=tuple((_("map {channel}", channel=channel), "") for channel in best.tolist()),
                hint="",
            )
        )
    return items


def times_of(network: OpenNetwork, progress: Progress) -> dict[str, float]:
    """Milliseconds of each layer for one image, on this machine, now."""
    progress(0.1)
    return milliseconds_by_layer(network.model, network.input_shape)


def by_block(times: Mapping[str, float]) -> dict[str, float]:
    """Of many layers the sum of each block."""
    if len(times) <= MOST_BARS:
        return dict(times)
    found: defaultdict[str, float] = defaultdict(float)
    for layer, time in times.items():
        found[layer.partition(".")[0]] += time
    return dict(found)


def classify_code(network: Expression, image: Expression, shape: tuple[int, int, int]) -> str:
    """The answer, the map of Grad-CAM, and the time of each layer."""
    return script(
        f"""\
network = {network}
image = fit({image}, {shape})
answer = probabilities(network, image.unsqueeze(0))[0]
best = answer.topk(5)
print(best.indices.tolist(), best.values.tolist())
found = attribute(network, image, int(best.indices[0]), "grad_cam")
print(found.layer, found.map.abs().max().item())
print(milliseconds_by_layer(network, {shape}))
""",
        network,
        image,
        fit="cnnviz.data",
        probabilities="cnnviz.features",
        attribute="cnnviz.saliency",
        milliseconds_by_layer="cnnviz.inspection",
    )
