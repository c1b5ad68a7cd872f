"""Saliency on a page: which methods with which options, their maps, and how far to trust them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.figures import image_sheet, overlay
from cnnviz.saliency import (
    METHODS,
    Attribution,
    Completeness,
    Faithfulness,
    Method,
    Option,
    SanityCheck,
    attribute,
    completeness,
    faithfulness,
    infidelity,
    layers_for_maps,
    random_faithfulness,
    sanity_check,
    sensitivity,
)
from cnnviz.ui.components import WallItem
from cnnviz.ui.fields import Choice, Choices, Field, Number, Real
from cnnviz.ui.frame import unfolding
from cnnviz.ui.jobs import Progress, job, part
from cnnviz.ui.memory import remember, remembered
from cnnviz.ui.networks import OpenNetwork, network_of_run
from cnnviz.ui.outside import plain
from cnnviz.ui.state import State
from cnnviz.words import _, sentence_of

TITLES = {method.name: method.title for method in METHODS.values()}
USUAL = ("grad_cam", "integrated_gradients", "occlusion", "guided_backprop")
AUTOMATIC = "last"


@dataclass(frozen=True)
class Question:
    """One map to make: ``title`` stands above it."""

    title: str
    network: OpenNetwork
    method: str
    target: int


@dataclass(frozen=True)
class How:
    """The options of each method, and the layer for those that look at one (``None``: the last with maps)."""

    options: dict[str, dict[str, Any]]
    layer: str | None


def _option_field(method: Method, option: Option) -> Field[Any]:
    label, name, needs = (
        f"{_(method.title)}: {_(option.title)}",
        f"{method.name}_{option.name}",
        {"methods": method.name},
    )
    if option.names:
        return Choice(
            label, {value: value for value in option.names}, str(option.usual), needs=needs, help=option.words
        ).named(name)
    if isinstance(option.usual, float):
        return Real(label, option.usual, option.low, option.high, 0.05, needs=needs, help=option.words).named(
            name
        )
    return Number(
        label, int(option.usual), int(option.low), int(option.high), needs=needs, help=option.words
    ).named(name)


class WithMethods(State):
    """Part of the state of a page that asks saliency methods, each with its options from the registry."""

    methods = Choices(
        "Methods",
        TITLES,
        USUAL,
        help="The ways to say which pixels mattered for the answer. Each gives one map.",
    )
    method = Choice(
        "Method",
        TITLES,
        "grad_cam",
        needs={"compare": "classes"},
        help="The way to say which pixels mattered for the answer; it is asked for each class.",
    )
    cam_layer = Choice(
        "Layer for Grad-CAM and its like",
        None,
        help="The layer whose maps are weighted: Grad-CAM is ReLU(Σ αₖ·Aₖ) with the mean gradients αₖ. A later layer is coarser and sees more.",
    )
    options = tuple(_option_field(method, option) for method in METHODS.values() for option in method.options)


def choose_methods(several: bool) -> list[str]:
    """Several methods, or one."""
    return list(WithMethods.methods.draw()) if several else [WithMethods.method.draw()]


def choose_how(network: OpenNetwork, methods: Sequence[str]) -> How:
    """The layer, and the methods' own options: controls where they are unfolded, else as they were chosen."""
    drawn = WithMethods.fields
    fields = {
        name: {option.name: drawn[f"{name}_{option.name}"] for option in METHODS[name].options}
        for name in methods
    }
    needs_layer = any(METHODS[name].needs_layer for name in methods)
    box = unfolding(_("Layer and options"), "layer_and_options", ":material/tune:")
    if box.open:
        with box:
            layer = WithMethods.cam_layer.draw(titles=_layers(network)) if needs_layer else AUTOMATIC
            options = {
                name: {option: field.draw() for option, field in of_method.items()}
                for name, of_method in fields.items()
            }
            if not needs_layer and not any(options.values()):
                st.caption(_("These methods have nothing to set."))
    else:
        layer = WithMethods.cam_layer.kept() if needs_layer else AUTOMATIC
        if layer and layer not in _layers(network):
            layer = AUTOMATIC
        options = {
            name: {option: field.kept() for option, field in of_method.items()}
            for name, of_method in fields.items()
        }
    return How(options, None if layer in ("", AUTOMATIC) else layer)


def _layers(network: OpenNetwork) -> dict[str, str]:
    try:
        names = layers_for_maps(network.model, network.input_shape)
    except CnnvizError:
        names = []
    return {AUTOMATIC: _("the last with maps"), **{name: name for name in names}}


def choose(network: OpenNetwork, several: bool) -> tuple[list[str], How]:
    """The controls for the methods and for their options."""
    methods = choose_methods(several)
    return methods, choose_how(network, methods)


def ask(
    compare: str, methods: Sequence[str], target: int, network: OpenNetwork, answer: Tensor
) -> list[Question]:
    """Several methods for one class; or the first method for eight ``"classes"``, or at eight ``"steps"`` of
    the training.
    """
    if compare == "classes":
        order = answer.argsort(descending=True)[:8].tolist()
        return [Question(f"{network.classes[i]}, {answer[i]:.1%}", network, methods[0], i) for i in order]
    if compare == "steps" and network.run is not None:
        run, steps = network.run, network.run.steps
        picked = sorted({steps[round(i * (len(steps) - 1) / 7)] for i in range(8)})
        return [
            Question(_("step {step}", step=step), network_of_run(run, step), methods[0], target)
            for step in picked
        ]
    return [Question(TITLES[name], network, name, target) for name in methods]


@dataclass(frozen=True)
class _Asked:
    """All that one map depends on."""

    network: OpenNetwork
    image: Tensor
    target: int
    method: str
    layer: str | None
    options: dict[str, Any]


def _asked(question: Question, image: Tensor, how: How) -> _Asked:
    layer = how.layer if METHODS[question.method].needs_layer else None
    return _Asked(
        question.network, image, question.target, question.method, layer, how.options.get(question.method, {})
    )


def _is_cheap(method: str) -> bool:
    """Whether a map takes a pass or two through the network, and not one for each step, sample or window."""
    return re.match(r"\d+ forwards?, \d+ backward", _(METHODS[method].cost)) is not None


Found = Attribution | CnnvizError
"""A map, or why it cannot be made."""


def attributions(questions: Sequence[Question], image: Tensor, how: How) -> list[Found | None]:
    """The maps, in order; ``None`` for one that is still being made. The cheap ones are made first, and each
    is shown when it is there.
    """
    asked = [_asked(question, image, how) for question in questions]

    def there() -> list[Found | None]:
        return [remembered(_attribution, one) for one in asked]

    def known() -> tuple[bool, ...]:
        return tuple(one is not None for one in there())

    made = job("maps", _("{count} maps", count=len(questions)), _attributions, asked, parts=known)
    return there() if made is None else list(made)


def _attributions(asked: Sequence[_Asked], progress: Progress) -> list[Found]:
    for done, one in enumerate(sorted(asked, key=lambda one: not _is_cheap(one.method))):
        remember(_attribution, one, progress=part(progress, done, len(asked)))
    return [remember(_attribution, one, progress=progress) for one in asked]


def _attribution(asked: _Asked, progress: Progress) -> Found:
    try:
        return attribute(
            asked.network.model,
            asked.image,
            asked.target,
            asked.method,
            asked.layer,
            progress,
            **asked.options,
        )
    except CnnvizError as error:
        return error


def wall_of_maps(
    questions: Sequence[Question],
    found: Sequence[Found | None],
    image: Tensor,
    opacity: float,
    absolute: bool,
    smooth: float,
    common: bool,
    target: int,
) -> list[WallItem]:
    """The maps over the image, a pale image for one that is not there yet. Says why, where one cannot be
    made.

    Args:
        common: on one scale, for maps of the same unit.
    """
    missing: dict[str, list[str]] = {}
    for question, one in zip(questions, found, strict=True):
        if isinstance(one, CnnvizError):
            missing.setdefault(sentence_of(one), []).append(_(question.title))
    for sentence, titles in missing.items():
        st.error(f"{', '.join(titles)}: {plain(sentence)}", icon=":material/error:")
    most = (
        max((one.map.abs().max().item() for one in found if isinstance(one, Attribution)), default=1.0)
        if common
        else None
    )
    items = []
    for question, one in zip(questions, found, strict=True):
        if isinstance(one, CnnvizError):
            continue
        if one is None:
            pale = image_sheet(
                (0.85 + 0.15 * image).unsqueeze(0), what=_("image, without {title}", title=_(question.title))
            )
            items.append(
                WallItem(
                    _(question.title),
                    pale,
                    unit=_("map"),
                    labels=((_("not computed yet"), ""),),
                    target=target,
                    legend=False,
                )
            )
            continue
        what = _(
            "{title}, class {class_name}",
            title=_(question.title),
            class_name=question.network.classes[one.target],
        )
        sheet = remember(
            overlay, image, one.map, what, opacity=opacity, absolute=absolute, smooth=smooth, most=most
        )
        seconds = f"{one.seconds * 1000:.0f} ms" if one.seconds < 1 else f"{one.seconds:.1f} s"
        below = f"{one.layer}, {seconds}" if one.layer else seconds
        items.append(WallItem(_(question.title), sheet, unit=_("map"), labels=((below, ""),), target=target))
    return items


@dataclass(frozen=True)
class Trust:
    """What was measured of one map; ``floor``: of random maps for the same network and class."""

    curves: Faithfulness
    floor: Faithfulness
    infidelity: float
    sensitivity: float
    complete: Completeness | None


def trust(
    questions: Sequence[Question], found: Sequence[Found], image: Tensor, how: How
) -> list[Trust | None] | None:
    """The measures of each map, ``None`` where there is no map. ``None`` instead of the list while it is
    being measured.
    """
    asked = [_asked(question, image, how) for question in questions]
    maps = [one if isinstance(one, Attribution) else None for one in found]
    return job("trust", _("Measuring {count} maps", count=len(questions)), _trusts, asked, maps)


def _trusts(
    asked: Sequence[_Asked], found: Sequence[Attribution | None], progress: Progress
) -> list[Trust | None]:
    return [
        None if one is None else remember(_trust, question, one, progress=part(progress, index, len(asked)))
        for index, (question, one) in enumerate(zip(asked, found, strict=True))
    ]


def _trust(asked: _Asked, found: Attribution, progress: Progress) -> Trust:
    model, image = asked.network.model, asked.image
    floor = remember(_floor, asked.network, image, found.target, progress=part(progress, 0, 4))
    return Trust(
        faithfulness(model, image, found.map, found.target, progress=part(progress, 1, 4)),
        floor,
        infidelity(model, image, found),
        sensitivity(model, image, found, progress=part(progress, 2, 4, 2)),
        completeness(model, image, found),
    )


def _floor(network: OpenNetwork, image: Tensor, target: int, progress: Progress) -> Faithfulness:
    return random_faithfulness(network.model, image, target, progress=progress)


def common_floor(measured: Sequence[Trust | None]) -> Faithfulness | None:
    """The floor, where all maps are about the same network and class and so have one."""
    floors = {one.floor for one in measured if one is not None}
    return next(iter(floors)) if len(floors) == 1 else None


def trust_rows(questions: Sequence[Question], measured: Sequence[Trust | None]) -> list[dict[str, str]]:
    """The table of ``trust``; a tick where a map is better than a random one for the same network and
    class.
    """
    shared = common_floor(measured)

    def area(value: float, chance: float, better: bool) -> str:
        return (
            ("✓ " if better else "✗ ")
            + f"{value:.3f}"
            + ("" if shared else _(" (random {chance:.3f})", chance=chance))
        )

    rows = []
    for question, one in zip(questions, measured, strict=True):
        if one is None:
            continue
        curves, floor = one.curves, one.floor
        rows.append(
            {
                _("method"): _(question.title),
                _("deletion area ↓"): area(
                    curves.deletion_area, floor.deletion_area, curves.deletion_area < floor.deletion_area
                ),
                _("insertion area ↑"): area(
                    curves.insertion_area, floor.insertion_area, curves.insertion_area > floor.insertion_area
                ),
                _("infidelity ↓"): f"{one.infidelity:.3g}",
                _("sensitivity ↓"): f"{one.sensitivity:.2f}",
                _("sum of the map | promised"): "–"
                if one.complete is None
                else f"{one.complete.total:.3f} | {one.complete.difference:.3f}",
            }
        )
    if shared is None:
        return rows
    rows.append(
        {
            _("method"): _("a random map (the floor)"),
            _("deletion area ↓"): f"{shared.deletion_area:.3f}",
            _("insertion area ↑"): f"{shared.insertion_area:.3f}",
            _("infidelity ↓"): "–",
            _("sensitivity ↓"): "–",
            _("sum of the map | promised"): "–",
        }
    )
    return rows


def sanity(
    questions: Sequence[Question], found: Sequence[Found], image: Tensor, how: How
) -> list[SanityCheck] | None:
    """The check of Adebayo et al. for each map that there is. ``None`` while it works."""
    maps = [
        (_asked(question, image, how), one)
        for question, one in zip(questions, found, strict=True)
        if isinstance(one, Attribution)
    ]
    return job("sanity", _("Shuffling the weights, {count} methods", count=len(maps)), _sanities, maps)


def _sanities(maps: Sequence[tuple[_Asked, Attribution]], progress: Progress) -> list[SanityCheck]:
    return [
        remember(_sanity, *one, progress=part(progress, index, len(maps))) for index, one in enumerate(maps)
    ]


def _sanity(asked: _Asked, found: Attribution, progress: Progress) -> SanityCheck:
    return sanity_check(
        asked.network.model,
        asked.image,
        found.target,
        found.method,
        found.layer or None,
        progress=progress,
        **found.options,
    )
