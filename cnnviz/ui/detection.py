"""The page of detection: boxes on a scene, their suppression step by step, anchors, RoI pooling, precision and recall."""

from collections.abc import Sequence

import streamlit as st
import torch
from plotly.graph_objects import Figure
from torch import Tensor

from cnnviz.data import ImageDataset, loading_code, objects_of
from cnnviz.expressions import Expression, script
from cnnviz.features import feature_maps
from cnnviz.figures import map_sheet, palette, picture_sheet
from cnnviz.figures.comparisons import precision_recall_curve
from cnnviz.ops.boxes import NmsStep, PrecisionRecall, box_iou, nms_steps
from cnnviz.ops.regions import roi_pool, roi_pool_bins
from cnnviz.tasks.detection import (
    FOUND,
    MATCH,
    STRIDE,
    Detection,
    all_suppressed,
    anchors_for,
    average_precisions,
    candidates,
    match,
    precision_recall_of,
    suppressed,
)
from cnnviz.ui.components import WallItem, boxes, map_wall
from cnnviz.ui.memory import remember
from cnnviz.ui.messages import BoxMark, BoxStep
from cnnviz.ui.networks import OpenNetwork
from cnnviz.ui.states.detection import Detection as State
from cnnviz.words import _, say

EXAMPLE = "example_detector"
HEAD = (
    say("box"),
    say("class"),
    say("probability"),
    say("left"),
    say("top"),
    say("right"),
    say("bottom"),
    say("IoU with its object"),
)
ALL = "all"


def found_at_all(network: OpenNetwork, scenes: ImageDataset) -> list[Detection]:
    """Of each scene all boxes that could count, before any suppression."""
    with torch.inference_mode():
        outputs = network.model(scenes.floats())
    return candidates(outputs.clone(), scenes.shape[1], FOUND)


def candidates_of(network: OpenNetwork, scenes: ImageDataset, number: int, threshold: float) -> Detection:
    """Of one scene the boxes above a threshold."""
    found = remember(found_at_all, network, scenes)[number]
    return found.only(found.scores >= threshold)


def show_found(
    scenes: ImageDataset, number: int, found: Detection, *, key: str = "found", target: int = 420
) -> None:
    """The boxes that stay, and the true ones."""
    places, labels = objects_of(scenes.targets["boxes"][number])
    overlaps = box_iou(found.boxes, places)
    marks = [BoxMark(place.tolist(), "", palette().boxes[0], True) for place in places]
    rows = []
    for index in range(len(found)):
        best, which = overlaps[index].max(0) if len(places) else (torch.tensor(0.0), torch.tensor(-1))
        right = float(best) >= MATCH and int(labels[which]) == int(found.labels[index])
        name = scenes.classes[int(found.labels[index])]
        marks.append(
            BoxMark(
                found.boxes[index].tolist(),
                f"{name} {float(found.scores[index]):.0%} {'✓' if right else '✗'}",
                palette().boxes[1] if right else palette().boxes[2],
                False,
            )
        )
        rows.append(_row(index, name, found, index, f"{float(best):.2f}"))
    objects = ", ".join(scenes.classes[label] for label in labels.tolist())
    boxes(
        key,
        picture_sheet(scenes.floats([number])[0], _("test scene {number}", number=number)),
        marks,
        _(
            "Test scene {number} with {count} objects ({objects}) and {found} boxes found",
            number=number,
            count=len(places),
            objects=objects,
            found=len(found),
        ),
        (_("The boxes as a table"), HEAD, rows),
        target=target,
    )


def _row(title: object, name: str, found: Detection, index: int, last: str) -> list[str]:
    return [
        str(title),
        name,
        f"{float(found.scores[index]):.1%}",
        *(f"{value:.1f}" for value in found.boxes[index].tolist()),
        last,
    ]


def show_suppression(scenes: ImageDataset, number: int, found: Detection, iou: float) -> int:
    """Non-maximum suppression, box by box; returns how many stay."""
    steps, states, rows = [], ["?"] * len(found), []
    kept = 0
    for label in sorted(
        set(found.labels.tolist()), key=lambda one: -float(found.scores[found.labels == one].max())
    ):
        numbers = (found.labels == label).nonzero()[:, 0]
        for step in nms_steps(found.boxes[numbers], found.scores[numbers], iou):
            kept += 1
            words, row = _told(step, numbers.tolist(), found, scenes.classes[label], iou)
            best = int(numbers[step.kept])
            states[best] = "n"
            gone = [int(numbers[one]) for one in step.suppressed]
            for one in gone:
                states[one] = "x"
            steps.append(BoxStep(words, "".join(states)))
            rows.append(row)
            states[best] = "k"
            for one in gone:
                states[one] = "."
    steps.append(BoxStep(_("{kept} of {count} boxes stay.", kept=kept, count=len(found)), "".join(states)))
    rows.append([_("end"), "", "", "", _("{kept} stay", kept=kept)])
    marks = [
        BoxMark(
            found.boxes[one].tolist(),
            f"{scenes.classes[int(found.labels[one])]} {float(found.scores[one]):.0%}",
            palette().boxes[1],
            False,
        )
        for one in range(len(found))
    ]
    first = BoxStep(
        _(
            "{count} boxes have a probability above the threshold. Class by class, the surest stays, and what overlaps it too much goes.",
            count=len(found),
        ),
        "?" * len(found),
    )
    boxes(
        "suppression",
        picture_sheet(scenes.floats([number])[0], _("test scene {number}", number=number)),
        marks,
        _(
            "Test scene {number} with {count} boxes before suppression, {kept} after it",
            number=number,
            count=len(found),
            kept=kept,
        ),
        (
            _("All steps as a table"),
            (_("step"), _("class"), _("stays"), _("compared"), _("IoU, and what goes")),
            [[_("begin"), "", "", str(len(found)), ""], *rows],
        ),
        steps=[first, *steps],
    )
    return kept


def _told(
    step: NmsStep, numbers: Sequence[int], found: Detection, name: str, iou: float
) -> tuple[str, list[str]]:
    best = numbers[step.kept]
    score = f"{float(found.scores[best]):.0%}"
    overlaps = [
        f"{numbers[other]}: {value:.2f}{(_(' goes') if other in step.suppressed else '')}"
        for other, value in zip(step.compared, step.ious, strict=True)
    ]
    if not step.compared:
        words = _(
            "{name}: the box with {score} stays; no other box of this class is left.", name=name, score=score
        )
    else:
        words = _(
            "{name}: the box with {score} stays. IoU with {count} others: "
            "{iou}{part}; "
            "{suppressed} above {iou2:.2f} go.",
            name=name,
            score=score,
            count=len(step.compared),
            iou=", ".join(f"{value:.2f}" for value in step.ious[:8]),
            part=" …" if len(step.ious) > 8 else "",
            suppressed=len(step.suppressed),
            iou2=iou,
        )
    return words, [
        name,
        _("box {best}, {score}", best=best, score=score),
        str(len(step.compared)),
        "; ".join(overlaps) or _("none left"),
    ]


def show_anchors(scenes: ImageDataset, number: int, row: int, column: int) -> str:
    """The anchors of one cell, and those of all cells that stand for an object; returns what each is to say."""
    side = scenes.shape[1]
    anchors = anchors_for(side)
    places, labels = objects_of(scenes.targets["boxes"][number])
    targets = match(anchors, scenes.targets["boxes"][number : number + 1])[0]
    sizes = len(anchors) // (side // STRIDE) ** 2
    own = (row * (side // STRIDE) + column) * sizes
    overlaps = box_iou(anchors, places)
    marks = [
        BoxMark(place.tolist(), scenes.classes[label], palette().boxes[0], True)
        for place, label in zip(places, labels.tolist(), strict=True)
    ]
    rows = []
    good = (targets[:, 0] > 0).nonzero()[:, 0].tolist()
    marks += [BoxMark(anchors[one].tolist(), "", palette().boxes[1], False) for one in good]
    for one in range(own, own + sizes):
        says = int(targets[one, 0])
        words = _("does not count") if says < 0 else _("nothing") if says == 0 else scenes.classes[says - 1]
        best = float(overlaps[one].max()) if len(places) else 0.0
        marks.append(BoxMark(anchors[one].tolist(), words if says > 0 else "", palette().boxes[2], False))
        rows.append(
            [
                f"{anchors[one, 2] - anchors[one, 0]:g}×{anchors[one, 3] - anchors[one, 1]:g}",
                f"{best:.2f}",
                words,
                ", ".join(f"{value:.2f}" for value in targets[one, 1:].tolist()) if says > 0 else "—",
            ]
        )
    boxes(
        "anchors",
        picture_sheet(scenes.floats([number])[0], _("test scene {number}", number=number)),
        marks,
        _(
            "Test scene {number}: the {sizes} anchors of cell ({row}, {column}), and the {count} of {anchors} that stand for an object",
            number=number,
            sizes=sizes,
            row=row,
            column=column,
            count=len(good),
            anchors=len(anchors),
        ),
        (
            _("The anchors of the cell as a table"),
            (_("size"), _("best IoU with an object"), _("is to say"), _("offsets t")),
            rows,
        ),
    )
    return _(
        "**{count} anchors**: {sizes} sizes at {side}×{side} cells, {stride} pixels apart. "
        "**{good}** stand for one of the {places} objects (blue), **{value}** do not count, "
        "the others are to say “nothing”. Orange: the cell ({row}, {column}).",
        count=len(anchors),
        sizes=sizes,
        side=side // STRIDE,
        stride=STRIDE,
        good=len(good),
        places=len(places),
        value=int((targets[:, 0] < 0).sum()),
        row=row,
        column=column,
    )


def show_pooling(
    network: OpenNetwork, scenes: ImageDataset, number: int, box: Sequence[float], bins: int, channel: int
) -> None:
    """RoI pooling of one map below a box, bin by bin."""
    layer = last_maps(network)
    image = scenes.floats([number])
    maps = remember(maps_at, network, layer, image)
    one = maps[channel]
    cells = roi_pool_bins(box, (bins, bins), (one.shape[0], one.shape[1]), 1 / STRIDE)
    pooled = roi_pool(one[None], torch.tensor([list(box)]), bins, 1 / STRIDE)[0]
    marks = [BoxMark([value / STRIDE for value in box], "", palette().boxes[0], True)]
    marks += [
        BoxMark([cell.left, cell.top, cell.right, cell.bottom], "", palette().boxes[2], False)
        for cell in cells
    ]
    steps, rows = [], []
    for index, cell in enumerate(cells):
        values = one[cell.top : cell.bottom, cell.left : cell.right].flatten().tolist()
        result = float(pooled[0, cell.row, cell.column])
        shown = ", ".join(f"{value:.2f}" for value in values) or _("none")
        steps.append(
            BoxStep(
                _(
                    "Bin ({row}, {column}): the largest of {count} values, {shown}, is {result:.2f}.",
                    row=cell.row,
                    column=cell.column,
                    count=len(values),
                    shown=shown,
                    result=result,
                ),
                "k"
                + "".join(
                    "n" if other == index else "?" if other > index else "k" for other in range(len(cells))
                ),
            )
        )
        rows.append(
            [
                f"({cell.row}, {cell.column})",
                _("{top} to {bottom}", top=cell.top, bottom=cell.bottom - 1),
                _("{left} to {right}", left=cell.left, right=cell.right - 1),
                shown,
                f"{result:.3f}",
            ]
        )
    boxes(
        "roi",
        map_sheet(one[None], what=_("map of {layer}", layer=layer)),
        marks,
        _(
            "Map {channel} of {layer}, {shape}×{shape2} cells, with the box and its {count} bins",
            channel=channel,
            layer=layer,
            shape=one.shape[0],
            shape2=one.shape[1],
            count=len(cells),
        ),
        (_("All bins as a table"), (_("bin"), _("rows"), _("columns"), _("values"), _("largest")), rows),
        steps=steps,
    )
    map_wall(
        "pooled",
        [
            WallItem(
                "pooled",
                map_sheet(pooled, span=(float(one.min()), float(one.max())), what=_("pooled map")),
                f"{bins}×{bins}",
                title=_("What the next layer gets of this map"),
                target=120,
            )
        ],
    )


def pooling_of_a_box(network: OpenNetwork, scenes: ImageDataset, scene: int, iou: float) -> None:
    """Which box, how many bins, and RoI pooling below it."""
    found = suppressed(candidates_of(network, scenes, scene, 0.0), iou)
    places = st.columns(3)
    box = State.box.draw(places[0], high=max(1, len(found) - 1))
    bins, channel = State.bins.draw(places[1]), State.map.draw(places[2])
    if not len(found):
        st.info(
            _("No box was found in this scene. Choose another scene, or a later step."),
            icon=":material/search_off:",
        )
        return
    box = min(box, len(found) - 1)
    name = scenes.classes[int(found.labels[box])]
    st.markdown(
        _(
            "A detector in two steps (Faster R-CNN) looks at each box once more: whatever its size, {bins}×{bins} numbers of each map "
            "below it go on. Box {box}: **{name}**, {score:.0%}.",
            bins=bins,
            box=box,
            name=name,
            score=float(found.scores[box]),
        )
    )
    show_pooling(network, scenes, scene, found.boxes[box].tolist(), bins, channel)


def last_maps(network: OpenNetwork) -> str:
    """The last layer before the answers of the anchors."""
    names = [name for name, __ in network.model.named_children()]
    return names[-2]


def maps_at(network: OpenNetwork, layer: str, image: Tensor) -> Tensor:
    """(C, h, w) of one image."""
    return feature_maps(network.model, image[0])[layer]


def found_after(network: OpenNetwork, scenes: ImageDataset, iou: float) -> list[Detection]:
    """Of each scene the boxes that stay."""
    return all_suppressed(remember(found_at_all, network, scenes), iou)


def quality(network: OpenNetwork, scenes: ImageDataset, iou: float) -> list[float]:
    """AP of each class on all test scenes."""
    found = remember(found_after, network, scenes, iou)
    return average_precisions(found, scenes.targets["boxes"], len(scenes.classes))


def curve(network: OpenNetwork, scenes: ImageDataset, iou: float, category: str) -> PrecisionRecall:
    """Precision and recall of a class on all test scenes, or of all."""
    found = remember(found_after, network, scenes, iou)
    label = None if category == ALL else scenes.classes.index(category)
    return precision_recall_of(found, scenes.targets["boxes"], label)


def curve_figure(
    network: OpenNetwork, scenes: ImageDataset, iou: float, category: str, threshold: float
) -> Figure:
    return precision_recall_curve(remember(curve, network, scenes, iou, category), threshold)


def curve_words(found: PrecisionRecall, threshold: float) -> str:
    """Where the threshold lies on the curve."""
    count = int((found.scores >= threshold).sum())
    if not count:
        return _(
            "No box has a probability of {threshold:.2f} or more; AP **{average_precision:.1%}**.",
            threshold=threshold,
            average_precision=found.average_precision,
        )
    precision, recall = float(found.precision[count - 1]), float(found.recall[count - 1])
    return _(
        "With probability at least {threshold:.2f}: precision **{precision:.1%}** (boxes that are right), recall **{recall:.1%}** "
        "(objects that are found). Area under the curve, AP: **{average_precision:.1%}**.",
        threshold=threshold,
        precision=precision,
        recall=recall,
        average_precision=found.average_precision,
    )


def detection_code(
    network: Expression, scenes: ImageDataset, number: int, threshold: float, iou: float
) -> str:
    """Boxes of a scene, and the average precision of all."""
    return script(
        f"""\
network = {network}
test = {loading_code(scenes)}
with torch.inference_mode():
    outputs = network(test.floats())
side = test.shape[1]
found = [suppressed(one, {iou}) for one in candidates(outputs, side, {FOUND})]

here = suppressed(candidates(outputs, side, {threshold})[{number}], {iou})
for box, label, score in zip(here.boxes, here.labels, here.scores):
    print(test.classes[label], [round(value, 1) for value in box.tolist()], f"{{score:.1%}}")
average = mean_average_precision(found, test.targets["boxes"], len(test.classes))
print(f"mAP {{average:.1%}}")
""",
        network,
        load="cnnviz.data",
        candidates="cnnviz.tasks",
        suppressed="cnnviz.tasks",
        mean_average_precision="cnnviz.tasks",
    )
