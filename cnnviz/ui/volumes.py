"""The page of volumes: slices and their maps, one value of a 3D convolution, networks that learn, slices that are covered."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st
from torch import Tensor, nn

from cnnviz.data.volumes import Volumes
from cnnviz.expressions import script
from cnnviz.figures import image_sheet, map_sheet
from cnnviz.ops.volumes import AXES, convolve, slice_trace, volume_kernel
from cnnviz.tasks.volumes import VIEWS, classify_volumes, without_each_slice
from cnnviz.training.volumes import (
    VolumeTraining,
)
from cnnviz.ui.components import WallItem, map_wall
from cnnviz.ui.memory import remember
from cnnviz.ui.states.volumes import Volumes as Page
from cnnviz.ui.stepping import StepperNames, stepper
from cnnviz.ui.volume_training import names_of, volumes_of
from cnnviz.words import _

LARGE, SMALL, TINY = 224, 48, 64
"""Sides of a slice on the screen, in CSS pixels."""
COLUMNS, MOST_COLUMNS = 8, 12
"""Slices in a row, and where each has a number below it."""
DEPTH_TITLES = {"depth": "slice", "rows": "row", "columns": "column"}


@dataclass(frozen=True, eq=False)
class Look:
    """A volume that is cut along an axis.

    Attributes:
        values: (S, rows, columns) of grey values, 0 to 255, cut axis first.
        place: of the axis in (D, H, W).
        cut: the slice that is looked at.
    """

    values: Tensor
    axis: str
    cut: int
    number: int

    @property
    def place(self) -> int:
        return list(AXES).index(self.axis)

    def kernel(self, name: str, depth: int) -> Tensor:
        """A kernel of (D, H, W), with the cut axis first."""
        return volume_kernel(name, depth).movedim(self.place, 0)


def side_along(volumes: Volumes, axis: str) -> int:
    """How many slices a volume has along an axis."""
    return volumes.shape[list(AXES).index(axis)]


def looked_at() -> Look:
    """The volume and the slice of the page."""
    test, axis = volumes_of(Page.dataset.now), Page.axis.now
    number = min(Page.number.now, len(test) - 1)
    cut = min(Page.cut.now, side_along(test, axis) - 1)
    return Look(remember(_along, Page.dataset.now, number, axis), axis, cut, number)


def _along(dataset: str, number: int, axis: str) -> Tensor:
    return volumes_of(dataset).volumes[number].float().movedim(list(AXES).index(axis), 0).contiguous()


def map_of(values: Tensor, kernel: Tensor) -> Tensor:
    """``convolve`` for ``remember``."""
    return convolve(values, kernel)


def ends_of(*maps: Tensor) -> tuple[float, float]:
    """The smallest value of some maps, and the largest."""
    return min(float(one.min()) for one in maps), max(float(one.max()) for one in maps)


def show_slice(look: Look, kernel: str) -> None:
    """The slice, and what the kernel makes of it with its neighbours and without."""
    deep, flat = (remember(map_of, look.values, look.kernel(kernel, depth)) for depth in (3, 1))
    least, largest = remember(ends_of, deep, flat)
    most = max(-least, largest) or 1.0
    title = _("{axis} {cut}", axis=_(DEPTH_TITLES[look.axis]), cut=look.cut)
    span = (-most, most) if least < 0 else (0.0, most)
    items = [
        WallItem(
            "slice",
            remember(image_sheet, look.values[look.cut][None, None] / 255, what=_("slices")),
            title=title,
            target=LARGE,
            legend=False,
            hint="",
        ),
        WallItem(
            "3D kernel",
            remember(map_sheet, deep[look.cut][None], span=span, what=_("maps of the 3D kernel")),
            title=_("3D kernel: depth 3"),
            target=LARGE,
            hint="",
        ),
        WallItem(
            "the same, depth 1",
            remember(map_sheet, flat[look.cut][None], span=span, what=_("maps of the kernel of depth 1")),
            title=_("the same, depth 1") if flat.any() else _("the same, depth 1: all zero"),
            target=LARGE,
            hint="",
        ),
    ]
    map_wall("slice_wall", items)


def show_all_slices(look: Look, kernel: str, on_pick: Callable[[int], None]) -> None:
    """All slices of the volume, and all of its map; a click chooses one."""
    deep = remember(map_of, look.values, look.kernel(kernel, 3))
    unit = _(DEPTH_TITLES[look.axis])
    target = SMALL * math.ceil(len(look.values) / COLUMNS)
    items = [
        WallItem(
            "volume",
            remember(image_sheet, look.values.unsqueeze(1) / 255, COLUMNS, _("slices")),
            title=_("all slices"),
            unit=unit,
            target=target,
            legend=False,
            hint=_("Click a slice to look at it."),
        ),
        WallItem(
            "map",
            remember(map_sheet, deep, columns=COLUMNS, what=_("maps of the 3D kernel")),
            title=_("all slices of the 3D map"),
            unit=unit,
            target=target,
            legend=False,
            hint="",
        ),
    ]
    map_wall("slices_wall", items, ("volume", look.cut), lambda __, number: on_pick(number))


def words_of(volumes: Volumes, number: int) -> str:
    """What the volume is, and where it comes from."""
    name = names_of(volumes)[int(volumes.labels[number])]
    origin = (
        _(
            "Solids are made by a rule, nobody measured them: along the depth each slice is a disc, and the radius of the middle slice "
            "is drawn alike for all classes. Only the change from slice to slice tells the class; cut along the rows, and you see it."
        )
        if volumes.made
        else _("Measured volumes of MedMNIST, {sides}.", sides="×".join(map(str, volumes.shape)))
    )
    return _("Test volume {number}: **{name}**. {origin}", number=number, name=name, origin=origin)


def show_sum(look: Look, kernel: str, depth: int) -> None:
    """One value of the map as a sum over the slices that the kernel covers."""
    weights = look.kernel(kernel, depth)
    found = remember(map_of, look.values, weights)[look.cut].abs()
    row, col = divmod(int(found.argmax()), found.shape[1])
    trace = slice_trace(look.values, weights, look.cut, (row, col))
    count, unit = len(weights), _(DEPTH_TITLES[look.axis])
    numbers = [
        min(max(0, look.cut + step), len(look.values) - 1) for step in range(-(count // 2), count // 2 + 1)
    ]
    names = StepperNames(
        input=_("volume x,"),
        weights=_("kernel w,"),
        output=_("map s of {unit} {cut}", unit=unit, cut=look.cut),
        channels=[f"{unit} {number}" for number in numbers],
    )
    stepper("one_value", trace, names, start=int(trace.maps.abs().argmax()))
    sides = "×".join(map(str, weights.shape))
    st.markdown(
        _(
            "The kernel is {sides}: one number of the map is a sum of **{products} products**, against {flat} of a kernel in one slice. "
            "The part of the slice is where the map is largest; values are grey values from 0 to 255.",
            sides=sides,
            products=weights.numel(),
            flat=9,
        )
    )
    if not weights.any():
        st.caption(
            _(
                "All weights are zero: a kernel of one slice cannot compare slices, so nothing of this one is left."
            )
        )


def show_why(network: nn.Sequential, view: str, volumes: Volumes, look: Look) -> None:
    """The answer, and what is left of its probability when one slice after the other is covered."""
    volume = volumes.floats([look.number])
    sure = remember(probabilities, network, view, volume)
    answer, label = int(sure.argmax()), int(volumes.labels[look.number])
    names = names_of(volumes)
    said = {"name": names[answer], "share": float(sure[answer])}
    st.markdown(
        _("The network says **{name}** with {share:.1%}, and that is right.", **said)
        if answer == label
        else _(
            "The network says **{name}** with {share:.1%}, but it is **{true}**.",
            true=names[label],
            **said,
        )
    )
    covered = remember(without_slices, network, view, volume, look.place)[:, answer]
    unit = _(DEPTH_TITLES[look.axis])
    map_wall("covered", covered_items(look, covered))
    st.caption(
        _(
            "Below each slice: the probability of {name} when this slice alone is covered.",
            name=names[answer],
        )
    )
    least = int(covered.argmin())
    st.markdown(
        _(
            "Most depends on {unit} **{least}**: without it the probability is {share:.1%}.",
            unit=unit,
            least=least,
            share=float(covered[least]),
        )
        if float(covered[least]) < float(sure[answer]) - 0.005
        else _("No slice alone changes the answer by more than half a percentage point.")
    )


def covered_items(look: Look, shares: Tensor) -> list[WallItem]:
    """The slices in rows, each with its number and what is left of the probability without it."""
    count, unit = len(look.values), _(DEPTH_TITLES[look.axis])
    length = math.ceil(count / math.ceil(count / MOST_COLUMNS))
    return [
        WallItem(
            f"covered{begin}",
            remember(image_sheet, look.values[begin : begin + length].unsqueeze(1) / 255, what=_("slices")),
            title=_("{unit} {first} to {last}", unit=unit, first=begin, last=min(begin + length, count) - 1),
            unit=unit,
            labels=tuple(
                (f"{begin + number}\n{share:.0%}", "")
                for number, share in enumerate(shares[begin : begin + length].tolist())
            ),
            target=TINY,
            legend=False,
            hint="",
        )
        for begin in range(0, count, length)
    ]


def probabilities(network: nn.Module, view: str, volume: Tensor) -> Tensor:
    return classify_volumes(network, view, volume)[0]


def without_slices(network: nn.Module, view: str, volume: Tensor, axis: int) -> Tensor:
    return without_each_slice(network, view, volume[0], axis)


def class_rows(volumes: Volumes, number: int, networks: Mapping[str, nn.Module]) -> list[dict[str, str]]:
    """A row a network: the probability of each class."""
    volume = volumes.floats([number])
    rows = []
    for view, network in networks.items():
        sure = remember(probabilities, network, view, volume).tolist()
        row = {_("network"): _(VIEWS[view].title)}
        row |= {name: f"{share:.1%}" for name, share in zip(names_of(volumes), sure, strict=True)}
        rows.append(row)
    return rows


def volumes_code(
    dataset: str, number: int, axis: str, cut: int, kernel: str, view: str, training: VolumeTraining | None
) -> str:
    """The map of the slice, the accuracy and the probabilities of the page.

    Args:
        training: made here; ``None``: the bundled network of the solids.
    """
    if training is None:
        network = f'network = trained_on_solids("{view}", test)\n'
        names = {"trained_on_solids": "cnnviz.training.volumes"}
    else:
        network = (
            f'train = load_volumes("{dataset}", "train")\n'
            f"spec = VolumeTraining({view!r}, epochs={training.epochs}, seed={training.seed})\n"
            "state = begin(spec, train)\n"
            "for epoch in range(spec.epochs):\n"
            "    state = next_epoch(spec, state, train, test)\n"
            "network = network_of(spec.view, test, state.weights)\n"
        )
        names = dict.fromkeys(
            ("VolumeTraining", "begin", "next_epoch", "network_of"), "cnnviz.training.volumes"
        )
    place = list(AXES).index(axis)
    return script(
        f"""\
test = load_volumes("{dataset}", "test")
volume = test.volumes[{number}].float()
kernel = volume_kernel("{kernel}")
padded = functional.pad(volume[None, None], (1,) * 6, mode="replicate")
maps = functional.conv3d(padded, kernel[None, None])[0, 0]
shown = maps.select({place}, {cut})
print(shown.min(), shown.max())

{network}print("test accuracy", accuracy_of(network, "{view}", test))
probabilities = classify_volumes(network, "{view}", test.floats([{number}]))[0]
print(dict(zip(test.classes, probabilities.tolist())))
without = without_each_slice(network, "{view}", test.floats({number}), axis={place})
print(without[:, probabilities.argmax()])
""",
        first=("import torch", "from torch.nn import functional"),
        load_volumes="cnnviz.data.volumes",
        volume_kernel="cnnviz.ops.volumes",
        accuracy_of="cnnviz.training.volumes",
        classify_volumes="cnnviz.tasks.volumes",
        without_each_slice="cnnviz.tasks.volumes",
        **names,
    )
