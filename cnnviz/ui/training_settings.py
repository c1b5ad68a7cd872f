"""The settings of a training on a page: their controls, and the specification that they make."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from cnnviz.data import DATASETS
from cnnviz.figures import rate_search
from cnnviz.models import INITIALISATIONS
from cnnviz.training import OPTIMIZERS, TrainingSpec
from cnnviz.training.augmentation import AUGMENTATIONS
from cnnviz.training.losses import LOSSES
from cnnviz.training.rates import RateSearch, find_learning_rate
from cnnviz.training.recipes import RECIPES
from cnnviz.ui.address import draw_again
from cnnviz.ui.charts import chart
from cnnviz.ui.fields import Field
from cnnviz.ui.frame import link
from cnnviz.ui.jobs import Progress, job
from cnnviz.ui.outside import plain
from cnnviz.ui.runs import fetch_all
from cnnviz.ui.states.training_lab import GROUPS, TrainingLab
from cnnviz.words import _

PERCENT = 0.01


def more_settings(dataset: str) -> bool:
    """One group of the other settings, by a row of buttons; returns whether all images are to be downloaded."""
    group = TrainingLab.knobs.draw()
    elsewhere = []
    for name in (name for other, names in GROUPS.items() if other != group for name in names):
        entry = TrainingLab.fields[name]
        if (value := entry.kept()) != entry.usual:
            elsewhere.append(f"{_(entry.label)}: **{plain(entry.text(value))}**")
    if elsewhere:
        st.caption(_("Also set: {elsewhere}", elsewhere="; ".join(elsewhere)))
    if group == "data":
        return _data(dataset)
    formulas: dict[str, Mapping[str, Any]] = {"initialisation": INITIALISATIONS, "loss": LOSSES}
    for name in GROUPS[group]:
        value = TrainingLab.fields[name].draw()
        if name in formulas:
            st.latex(formulas[name][value].formula)
    return bool(st.session_state.get("full")) and bool(DATASETS[dataset].full)


def _data(dataset: str) -> bool:
    entry = DATASETS[dataset]
    TrainingLab.classes.draw(titles={name: name for name in entry.classes}, usual=())
    for name in GROUPS["data"][1:]:
        TrainingLab.fields[name].draw()
    for name in TrainingLab.augmentation.now:
        st.caption(f"**{_(AUGMENTATIONS[name].title)}.** {_(AUGMENTATIONS[name].words)}")
    return fetch_all(entry) if entry.full else False


def spec_now(full: bool = False) -> TrainingSpec:
    """What the controls say; it is checked when it is used."""
    given = {
        name: value
        for name in (
            "weight_decay",
            "l1",
            "label_smoothing",
            "clip",
            "patience",
            "stop_seconds",
            "stop_joules",
        )
        if (value := _now(name)) is not None
    }
    accuracy, limit = _now("stop_accuracy"), _now("limit")
    known = DATASETS[TrainingLab.dataset.now].classes
    classes = tuple(name for name in TrainingLab.classes.now if name in known)
    return TrainingSpec(
        dataset=TrainingLab.dataset.now,
        network=TrainingLab.network.now,
        epochs=TrainingLab.epochs.now,
        batch_size=TrainingLab.batch_size.now,
        optimizer=TrainingLab.optimizer.now,
        learning_rate=_now("learning_rate"),
        schedule=TrainingLab.schedule.now,
        seed=TrainingLab.seed.now,
        limit=None if limit is None else int(limit),
        full=full,
        classes=classes or None,
        share=TrainingLab.share.now * PERCENT,
        noise=TrainingLab.noise.now * PERCENT,
        loss=TrainingLab.loss.now,
        augmentation=TrainingLab.augmentation.now,
        initialisation=TrainingLab.initialisation.now,
        precision=TrainingLab.precision.now,
        stop_accuracy=None if accuracy is None else accuracy * PERCENT,
        **given,
    )


def _now(name: str) -> Any:
    entry: Field[Any] = TrainingLab.fields[name]
    return entry.now


def show_recipes(dataset: str) -> None:
    """Trainings that do well on this data set: each a link that sets all controls."""
    for entry in RECIPES.values():
        if entry.spec.dataset == dataset:
            words = _("Recipe: {title}", title=_(entry.title))
            link(TrainingLab.page, words, ":material/menu_book:", lab_of(entry.spec).parameters())
            st.caption(_(entry.words))


def lab_of(spec: TrainingSpec) -> TrainingLab:
    """The state of the training lab in which ``spec_now`` gives this specification."""
    assert isinstance(spec.network, str)
    usual = TrainingSpec(spec.dataset, spec.network, optimizer=spec.optimizer, loss=spec.loss)
    percent = {"share", "noise", "stop_accuracy"}
    told = {
        name: round(value / PERCENT) if name in percent else value
        for name in TrainingLab.fields
        if (value := getattr(spec, name, None)) is not None and value != getattr(usual, name)
    }
    return TrainingLab(**{name: getattr(spec, name) for name in ("dataset", "network", "optimizer")} | told)


def usual_rate() -> str:
    """The learning rate if none is typed."""
    chosen = TrainingSpec(
        TrainingLab.dataset.now,
        TrainingLab.network.now,
        optimizer=TrainingLab.optimizer.now,
        loss=TrainingLab.loss.now,
    )
    return f"{chosen.base_learning_rate:g}"


def show_search(spec: TrainingSpec) -> None:
    """The learning-rate finder for these settings."""
    found = job("rates", _("Trying learning rates from small to large"), _searched, spec)
    if found is None:
        return
    ended = (
        ""
        if found.diverged is None
        else _("; at {diverged:.3g} the training diverges", diverged=found.diverged)
    )
    words = _(
        "The mean loss falls from {mean:.3f} to {means:.3f}{ended}. Suggested: {suggested:g}",
        mean=found.means[0],
        means=min(found.means),
        ended=ended,
        suggested=found.suggested,
    )
    chart("rate_search", words, rate_search, found)
    st.caption(
        _(
            "{network_name} on {title}, {title2}. {words}: a third of the rate "
            "with the smallest mean loss, because at that rate the training is about to diverge.",
            network_name=spec.network_name,
            title=_(DATASETS[spec.dataset].title),
            title2=_(OPTIMIZERS[spec.optimizer].title),
            words=words,
        )
    )
    if st.button(_("Use {suggested:g}", suggested=found.suggested), key="use_rate", icon=":material/check:"):
        TrainingLab.learning_rate.set(found.suggested)
        TrainingLab.find.set(False)
        draw_again()


def _searched(spec: TrainingSpec, progress: Progress) -> RateSearch:
    return find_learning_rate(spec, progress=progress)
