"""The networks of the page of volumes: trained here, epoch by epoch, or bundled; their accuracy and what they cost."""

from collections.abc import Mapping

import streamlit as st
from torch import nn

from cnnviz.data.volumes import SOLIDS, Volumes, load_volumes
from cnnviz.figures.outcomes import curves_with_spread
from cnnviz.tasks.volumes import VIEWS, layers_of
from cnnviz.training.outcomes import Outcome
from cnnviz.training.volumes import (
    EPOCHS,
    SEEDS,
    Trained,
    VolumeTraining,
    begin,
    network_of,
    next_epoch,
    outcome_of,
    trained_on_solids,
    volume_results,
)
from cnnviz.ui.architectures import amount
from cnnviz.ui.charts import chart
from cnnviz.ui.comparisons import percent
from cnnviz.ui.jobs import Progress, job, part
from cnnviz.ui.memory import remember, remembered
from cnnviz.ui.outside import plain
from cnnviz.ui.tables import folded_table, table_in_words
from cnnviz.words import _


def volumes_of(name: str, split: str = "test") -> Volumes:
    """A set, read or made once."""
    return remember(load_volumes, name, split)


def names_of(volumes: Volumes) -> tuple[str, ...]:
    """The classes, as Markdown shows them; of solids in the language of whoever looks."""
    return tuple(plain(_(name) if volumes.made else name) for name in volumes.classes)


def state_after(dataset: str, spec: VolumeTraining, epoch: int, progress: Progress | None = None) -> Trained:
    """The network after some epochs of a training, each made once."""
    train = volumes_of(dataset, "train")
    if epoch == 0:
        return begin(spec, train)
    before = remember(state_after, dataset, spec, epoch - 1, progress=progress)
    return next_epoch(spec, before, train, volumes_of(dataset), progress)


def train_all(dataset: str, epochs: int, seed: int, progress: Progress) -> bool:
    """All networks, epoch by epoch in turn, so that their curves grow together."""
    done = 0
    for epoch in range(1, epochs + 1):
        for view in VIEWS:
            one = part(progress, done, epochs * len(VIEWS))
            remember(state_after, dataset, VolumeTraining(view, epochs, seed), epoch, progress=one)
            done += 1
    return True


def trained_so_far(dataset: str, epochs: int, seed: int) -> dict[str, Trained]:
    """View -> its newest state that is there."""
    found = {}
    for view in VIEWS:
        spec = VolumeTraining(view, epochs, seed)
        for epoch in range(epochs, 0, -1):
            state = remembered(state_after, dataset, spec, epoch)
            if state is not None:
                found[view] = state
                break
    return found


def train_live(dataset: str, epochs: int, seed: int) -> dict[str, Outcome]:
    """Trains, and gives what is there so far, for the curves."""

    def known() -> tuple[int, ...]:
        return tuple(one.epoch for one in trained_so_far(dataset, epochs, seed).values())

    job("volumes", _("Training three networks"), train_all, dataset, epochs, seed, parts=known)
    test = volumes_of(dataset)
    return {
        view: outcome_of(view, test, {seed: state})
        for view, state in trained_so_far(dataset, epochs, seed).items()
    }


def show_accuracy(dataset: str, live: bool, epochs: int, seed: int) -> None:
    """Of the networks that are trained here, or of the bundled ones; and what their layers cost."""
    train, test = volumes_of(dataset, "train"), volumes_of(dataset)
    if live:
        found = train_live(dataset, epochs, seed)
        if found:
            show_results("volumes_here", found)
    elif test.made:
        show_results("volumes_bundled", remember(bundled_results))
        st.caption(how_measured(train, test))
    else:
        st.info(_("Nothing was trained on {title} yet: press the button.", title=plain(_(test.title))))
    st.markdown(
        _(
            "All have about as many parameters and see the volumes equally often. A number of a 3D map costs k³ · C products where one of a "
            "2D map costs k² · C, and there are D times as many numbers."
        )
    )
    folded_table(_("Layer by layer"), "layers_of_volumes", lambda: layer_rows(test))


def bundled_results() -> dict[str, Outcome]:
    """What was measured on the solids, over several seeds."""
    return volume_results(load_volumes(SOLIDS, "test"))


def show_results(key: str, found: Mapping[str, Outcome]) -> None:
    """Curves, and a table of accuracy, parameters and work."""
    outcomes = list(found.values())
    words = "; ".join(f"{_(one.title)} {one.accuracy.mean:.1%}" for one in outcomes)
    chart(
        key,
        _("Accuracy on the test volumes after each epoch. At the end: {words}", words=words),
        curves_with_spread,
        outcomes,
        "accuracy",
    )
    st.markdown(table_in_words([_row(one) for one in outcomes]))


def _row(one: Outcome) -> dict[str, str]:
    return {
        _("network"): _(one.title),
        _("test accuracy"): percent(one.accuracy) if len(one.courses) > 1 else f"**{one.accuracy.mean:.1%}**",
        _("parameters"): f"{one.parameters:,}",
        _("multiply-adds"): amount(one.multiply_adds),
    }


def how_measured(train: Volumes, test: Volumes) -> str:
    return _(
        "{seeds} seeds, the band reaches from the lowest to the highest; {epochs} epochs of {train} volumes, measured on {test} others. "
        "By guessing: {chance:.0%}.",
        seeds=SEEDS,
        epochs=EPOCHS,
        train=len(train),
        test=len(test),
        chance=1 / len(test.classes),
    )


def layer_rows(volumes: Volumes) -> list[dict[str, str]]:
    """The layers of all networks with what they cost."""
    rows = []
    for view in VIEWS.values():
        network = remember(first_network, view.name, volumes)
        rows += [
            {
                _("network"): _(view.title),
                _("layer"): layer.name,
                _("output"): "×".join(map(str, layer.output_shape)),
                _("products a number"): f"{layer.products:,}",
                _("parameters"): f"{layer.parameters:,}",
                _("multiply-adds"): f"{layer.multiply_adds:,}",
                _("one unit sees"): "×".join(map(str, layer.field)),
            }
            for layer in layers_of(network, view.inputs(volumes.shape))
        ]
    return rows


def first_network(view: str, volumes: Volumes) -> nn.Sequential:
    """Before its training."""
    return network_of(view, volumes, begin(VolumeTraining(view), volumes).weights)


def networks_now(dataset: str, live: bool, epochs: int, seed: int) -> dict[str, nn.Sequential]:
    """View -> its network, where there is one."""
    found = {view: network_now(view, dataset, live, epochs, seed) for view in VIEWS}
    return {view: network for view, network in found.items() if network is not None}


def network_now(view: str, dataset: str, live: bool, epochs: int, seed: int) -> nn.Sequential | None:
    """The one that was trained here; else, for the solids, the bundled one; ``None`` where there is none yet."""
    if live:
        states = trained_so_far(dataset, epochs, seed)
        if view in states:
            return network_of(view, volumes_of(dataset), states[view].weights)
    return remember(trained_on_solids, view, volumes_of(SOLIDS)) if dataset == SOLIDS else None
