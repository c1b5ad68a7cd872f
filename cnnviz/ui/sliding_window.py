"""The page of the sliding window: larger pictures, the heat map of a class, and the windows that are left."""

import time

from torch import Tensor

from cnnviz.data import PHOTOS, ImageDataset, compose, fit, loading_code, photo
from cnnviz.expressions import Expression, script
from cnnviz.figures import map_sheet, palette, picture_sheet
from cnnviz.models import Network
from cnnviz.ops.boxes import nms
from cnnviz.tasks.scan import Scan, scan, scan_at_once
from cnnviz.ui.components import WallItem, boxes, map_wall
from cnnviz.ui.jobs import Progress
from cnnviz.ui.memory import remember
from cnnviz.ui.messages import BoxMark
from cnnviz.ui.networks import OpenNetwork
from cnnviz.words import _

SCENES, LARGER, OBJECTS, NOISE = 20, 3.5, 6, 0.1
"""Pictures to choose from; their side in windows; objects in each; brightness of the ground."""
MOST_BOXES = 200


def picture_for(
    network: OpenNetwork, test: ImageDataset | None, number: int
) -> tuple[Tensor, str, Expression]:
    """A picture larger than the network's images, what it is, and an expression that gives it: a composed scene, or a photograph."""
    channels, height, width = network.input_shape
    if test is not None and test.shape == network.input_shape and channels == 1:
        side = round(LARGER * max(height, width))
        scenes = remember(scenes_of, test, side)
        written = f"compose({loading_code(test)}, {SCENES}, side={side}, most={OBJECTS}, scale=(1.0, 1.0), noise={NOISE}).floats([{number}])[0]"
        code = Expression(written, {"compose": "cnnviz.data", "load": "cnnviz.data"})
        return scenes.floats([number])[0], _("scene {number} of {name}", number=number, name=test.name), code
    name = list(PHOTOS)[number % len(PHOTOS)]
    larger = 1.75 if height > 100 else LARGER
    shape = (channels, round(height * larger), round(width * larger))
    code = Expression(f'fit(photo("{name}"), {shape})', {"fit": "cnnviz.data", "photo": "cnnviz.data"})
    return remember(enlarged, name, shape), _(PHOTOS[name].title), code


def scenes_of(test: ImageDataset, side: int) -> ImageDataset:
    """Objects as large as the network knows them."""
    return compose(test, SCENES, side=side, most=OBJECTS, scale=(1.0, 1.0), noise=NOISE)


def enlarged(name: str, shape: tuple[int, int, int]) -> Tensor:
    return fit(photo(name), shape)


def scanned(
    network: OpenNetwork, picture: Tensor, stride: int, progress: Progress | None = None
) -> tuple[Scan, float]:
    """Window by window, and the seconds that it took."""
    started = time.perf_counter()
    __, height, width = network.input_shape
    found = scan(network.model, picture, (height, width), stride, progress)
    return found, time.perf_counter() - started


def at_once(network: OpenNetwork, picture: Tensor) -> tuple[Scan, float]:
    """As one convolution, and the seconds that it took.

    Raises:
        CnnvizError: the network cannot take a larger picture.
    """
    assert isinstance(network.model, Network)
    started = time.perf_counter()
    return scan_at_once(network.model, picture), time.perf_counter() - started


def show_windows(
    network: OpenNetwork, picture: Tensor, what: str, found: Scan, threshold: float, iou: float
) -> int:
    """The picture with the windows that are left after suppression; returns how many."""
    scores, labels = found.probabilities.flatten(1).max(0)
    order = scores.argsort(descending=True)[:MOST_BOXES]
    order = order[scores[order] >= threshold]
    places = found.boxes()
    kept = order[nms(places[order], scores[order], iou)]
    names = [network.classes[int(labels[one])] for one in kept]
    marks = [
        BoxMark(places[one].tolist(), f"{name} {float(scores[one]):.0%}", palette().boxes[1], False)
        for one, name in zip(kept, names, strict=True)
    ]
    rows = [
        [name, f"{float(scores[one]):.1%}", *(f"{value:g}" for value in places[one].tolist())]
        for one, name in zip(kept, names, strict=True)
    ]
    boxes(
        "scanned",
        picture_sheet(picture, what),
        marks,
        _("{what}, {count} windows left: {names}", what=what, count=len(kept), names=", ".join(names)),
        (
            _("The windows as a table"),
            (_("class"), _("probability"), _("left"), _("top"), _("right"), _("bottom")),
            rows,
        ),
    )
    return len(kept)


def show_heat(found: Scan, label: int, name: str) -> None:
    """The probability of a class in each window."""
    sheet = map_sheet(
        found.probabilities[label][None], span=(0.0, 1.0), what=_("probability of {name}", name=name)
    )
    __, rows, columns = found.probabilities.shape
    map_wall(
        "heat",
        [
            WallItem(
                "heat",
                sheet,
                _("{rows}×{columns} windows", rows=rows, columns=columns),
                title=name,
                target=300,
                most=420,
                hint="",
            )
        ],
    )


def same_places(windows: Scan, once: Scan) -> float | None:
    """The largest difference of the two ways at places that both have; ``None`` if there are none."""
    if windows.stride % once.stride:
        return None
    every = windows.stride // once.stride
    there = once.probabilities[:, ::every, ::every]
    rows, columns = (min(a, b) for a, b in zip(there.shape[1:], windows.probabilities.shape[1:], strict=True))
    difference = there[:, :rows, :columns] - windows.probabilities[:, :rows, :columns]
    return float(difference.abs().max())


def usual_stride(network: OpenNetwork) -> int:
    """So that there are some hundred windows for small networks, and some dozens for large ones."""
    return max(1, network.input_shape[1] // 7)


def usual_class(found: Scan) -> int:
    """The class that is sure of most windows."""
    return int((found.probabilities > 0.5).flatten(1).sum(1).argmax())


def scan_code(network: OpenNetwork, picture: Expression, way: str, stride: int) -> str:
    """The probabilities of all windows, and the surest one."""
    __, height, width = network.input_shape
    call = (
        "scan_at_once(network, picture)"
        if way == "once"
        else f"scan(network, picture, ({height}, {width}), {stride})"
    )
    return script(
        f"""\
network = {network.code}
picture = {picture}
found = {call}
print(found.probabilities.shape)  # classes, rows, columns
scores, labels = found.probabilities.flatten(1).max(0)
best = scores.argmax()
print(f"class {{labels[best]}}, {{scores[best]:.1%}}, in the window {{found.boxes()[best].tolist()}}")
""",
        network.code,
        picture,
        first=(),
        **{call.partition("(")[0]: "cnnviz.tasks"},
    )
