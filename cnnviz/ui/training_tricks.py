"""The tricks of training on a page: what else is looked at beside the curves, tables, one's own trainings."""

from collections.abc import Sequence

import streamlit as st
from plotly.graph_objects import Figure

from cnnviz.data import DATASETS
from cnnviz.features import spread_by_layer
from cnnviz.figures import lines
from cnnviz.figures.outcomes import (
    WORDS,
    curves_with_spread,
    fitted_and_test,
    last_accuracy,
    spread_of_signals,
)
from cnnviz.training import TrainingSpec
from cnnviz.training.augmentation import AUGMENTATIONS
from cnnviz.training.code import training_code
from cnnviz.training.loop import build_for
from cnnviz.training.outcomes import OF_SEED, Outcome, Quantity
from cnnviz.training.recorded import SHIFTS, recorded
from cnnviz.training.tricks import SEEDS, TRICKS, Trick
from cnnviz.ui.charts import chart
from cnnviz.ui.comparisons import percent
from cnnviz.ui.components import WallItem, map_wall
from cnnviz.ui.map_walls import augmented_images
from cnnviz.ui.memory import remember
from cnnviz.ui.outside import plain
from cnnviz.ui.states.training_tricks import TrainingTricks
from cnnviz.words import _

SIGNAL_IMAGES = 200
SHOWN = 10
"""Images that show what augmentation makes of them."""


def rows_of(found: Sequence[Outcome]) -> list[dict[str, str]]:
    """A row a training, as the table shows it."""
    rows = []
    for one in found:
        row = {_("training"): plain(_(one.title)), _("test accuracy"): percent(one.accuracy)}
        if fitted := one.measured_mean("fitted"):
            row[_("training images fitted")] = f"{fitted[0]:.1%}"
        row[_("training loss")] = f"{one.loss.mean:.3g}"
        rows.append(row)
    return rows


def how(trick: Trick) -> str:
    """How the bundled result was made."""
    spec = next(iter(trick.runs.values()))
    images = {len(one.load("train")) for one in trick.runs.values()}
    many = (
        f"{min(images):,}"
        if len(images) == 1
        else _("{images:,} to {images2:,}", images=min(images), images2=max(images))
    )
    return _(
        "{seeds} seeds; the band reaches from the lowest to the highest. {many} training images of "
        "{title}, measured on all test images.",
        seeds=SEEDS,
        many=many,
        title=_(DATASETS[spec.dataset].title),
    )


def show_curves(name: str, quantity: Quantity) -> None:
    words = "; ".join(f"{_(one.title)} {getattr(one, quantity).mean:.3f}" for one in recorded(name))
    chart(
        "curves",
        _("{words} at the end: {words2}", words=_(WORDS[quantity]).capitalize(), words2=words),
        _curves,
        name,
        quantity,
    )


def _curves(name: str, quantity: Quantity) -> Figure:
    """By the trick's name, which is a short key for so many numbers."""
    return curves_with_spread(recorded(name), quantity)


def show_look(name: str) -> None:
    """What else tells something about this trick."""
    look = TRICKS[name].look
    if look == "depth":
        _depth(name)
    elif look == "gap":
        _gap(name)
    elif look == "shift":
        _shift(name)
    elif look == "augmented":
        _augmented(name)
    elif look == "final":
        _final(name)


def _depth(name: str) -> None:
    st.subheader(_("Signals by depth, at step 0"), anchor=False)
    values = remember(signals, name)
    words = "; ".join(
        _("{title}: from {one:.2g} to {one2:.2g}", title=title, one=one[0], one2=one[-1])
        for title, one in values.items()
    )
    chart(
        "signals",
        _("Standard deviation of the outputs, first to last layer. {words}", words=words),
        spread_of_signals,
        values,
    )
    st.caption(
        _(
            "Standard deviation of each layer's outputs over {signal_images} test images, before any training, behind the normalisation where there is "
            "one. A line that falls is a signal that fades; one that rises, a signal that explodes. Zero cannot be drawn on this axis.",
            signal_images=SIGNAL_IMAGES,
        )
    )


def signals(name: str) -> dict[str, list[float]]:
    """Title -> spread of the outputs of each layer at step 0, seed 0."""
    found = {}
    for title, spec in TRICKS[name].runs.items():
        images = spec.load("test").floats(slice(0, SIGNAL_IMAGES))
        found[title] = list(spread_by_layer(build_for(spec), images).values())
    return found


def _gap(name: str) -> None:
    st.subheader(_("Training images and test images"), anchor=False)
    found = recorded(name)
    words = "; ".join(
        _(
            "{title}: {measured_mean:.1%} and {mean:.1%}",
            title=_(one.title),
            measured_mean=one.measured_mean("fitted")[0],
            mean=one.accuracy.mean,
        )
        for one in found
    )
    chart("gap", _("Accuracy on training and test images. {words}", words=words), _gap_figure, name)
    st.caption(
        _(
            "Training images count as right where they get the label that they were trained with, a wrong one too."
        )
    )


def _gap_figure(name: str) -> Figure:
    return fitted_and_test(recorded(name))


def _shift(name: str) -> None:
    st.subheader(_("Shifted test images"), anchor=False)
    values = {one.title: one.measured_mean("shift") for one in recorded(name)}
    words = "; ".join(
        _(
            "{title}: {one:.1%} by 1 pixel, {one2:.1%} by {shifts}",
            title=title,
            one=one[0],
            one2=one[-1],
            shifts=SHIFTS[-1],
        )
        for title, one in values.items()
    )
    chart(
        "shift",
        _("Share of answers that stay. {words}", words=words),
        lines,
        values,
        SHIFTS,
        _("shift in pixels"),
        _("answers that stay"),
        percent=True,
    )


def _final(name: str) -> None:
    st.subheader(_("Accuracy against the number of images"), anchor=False)
    words = "; ".join(f"{_(one.title)}: {one.accuracy.mean:.1%}" for one in recorded(name))
    chart("final", _("Accuracy on the test images. {words}", words=words), _final_figure, name)


def _final_figure(name: str) -> Figure:
    sizes = [float(spec.limit or 0) for spec in TRICKS[name].runs.values()]
    return last_accuracy(recorded(name), sizes, _("training images"))


def _augmented(name: str) -> None:
    st.subheader(_("The images as they are learned"), anchor=False)
    left, right = st.columns(2)
    first = TrainingTricks.image.draw(left) if name == "augmentation" else 0
    draw = TrainingTricks.draw_number.draw(right) if name == "augmentation" else 0
    map_wall("augmented", remember(augmented, name, first, draw))
    words = [AUGMENTATIONS[key] for run in TRICKS[name].runs.values() for key in run.augmentations]
    st.caption(" ".join(f"**{_(one.title)}.** {_(one.words)}" for one in words))


def augmented(name: str, first: int, draw: int) -> list[WallItem]:
    """Some training images, and what each augmentation makes of them, twice."""
    train = next(iter(TRICKS[name].runs.values())).load("train")
    changes = {title: run.augmentations for title, run in TRICKS[name].runs.items() if run.augmentations}
    return augmented_images(train, range(first, first + SHOWN), changes, draw)


def titles_by_number(trick: Trick) -> dict[str, str]:
    """A short name for links -> title."""
    return {str(number): title for number, title in enumerate(trick.runs)}


def racers(trick: Trick, chosen: Sequence[str], seeds: int, epochs: int) -> dict[str, TrainingSpec]:
    """Title with its seed -> what to train."""
    titles = titles_by_number(trick)
    return {
        f"{titles[number]}{OF_SEED}{seed}": trick.training(titles[number], seed, epochs)
        for number in chosen
        for seed in range(seeds)
    }


def tricks_code(name: str) -> str:
    """The first training of a trick, seed 0."""
    return training_code(next(iter(TRICKS[name].runs.values())))
