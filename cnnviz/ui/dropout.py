"""The networks that the page "Dropout" compares: of its race, or bundled."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import streamlit as st
from torch import Tensor, nn

from cnnviz.data import load
from cnnviz.features import coadaptation, unit_correlations
from cnnviz.figures import Sheet, map_sheet
from cnnviz.models import PRESETS
from cnnviz.models.variants import with_dropout
from cnnviz.training import ACTIVE, TrainingSpec, open_run
from cnnviz.training.outcomes import OF_SEED, outcomes
from cnnviz.ui.comparisons import compared
from cnnviz.ui.components import WallItem
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import OpenNetwork, network_of_run
from cnnviz.ui.race import Result
from cnnviz.words import _

TESTED = 1000
"""Test images whose units are compared."""
FEW = TrainingSpec(
    network="mlp",
    epochs=60,
    limit=500,
    batch_size=50,
    learning_rate=0.02,
    label_smoothing=0.0,
    weight_decay=0.0,
)
"""So few images that a network can memorise them."""


def few_images(rate: float, seeds: int = 1) -> dict[str, TrainingSpec]:
    """Title -> the same network with and without dropout, from several first weights."""
    networks = {
        _("with dropout, p = {rate:g}", rate=rate): with_dropout(PRESETS["mlp"], rate),
        "without": with_dropout(PRESETS["mlp"], 0),
    }
    return {
        title if seeds == 1 else f"{title}{OF_SEED}{seed}": replace(FEW, network=network, seed=seed)
        for seed in range(seeds)
        for title, network in networks.items()
    }


def show_verdict(results: Sequence[Result]) -> None:
    """Which of the two is better on images that it did not learn from, and whether that may be chance."""
    if any(result.run.state in ACTIVE for result in results):
        return
    found = outcomes({result.title: result.run for result in results})
    if len(found) > 1:
        st.markdown(compared(found))


def bundled_runs() -> list[Result]:
    """The same two, trained before."""
    return [
        Result(_("with dropout, p = 0.5"), open_run("example_dropout")),
        Result(_("without"), open_run("example_no_dropout")),
    ]


def trained_networks(told: Iterable[tuple[str, str]]) -> dict[str, OpenNetwork]:
    """Title -> the network at its newest step, of (title, run)."""
    runs = {title: open_run(run) for title, run in told}
    return {title: network_of_run(run, run.steps[-1]) for title, run in runs.items() if run.steps}


def one_with_dropout(trained: dict[str, OpenNetwork]) -> OpenNetwork:
    """The first network that drops units, else the bundled one."""
    for network in trained.values():
        if any(isinstance(module, nn.Dropout) for module in network.model.modules()):
            return network
    run = open_run("example_dropout")
    return network_of_run(run, run.steps[-1])


def correlation_items(trained: dict[str, OpenNetwork]) -> list[WallItem]:
    """Correlations of the first hidden layer's units, of each network."""
    test, items = remember(load, "mnist", "test", TESTED), []
    for name, network in trained.items():
        table: Tensor = remember(unit_correlations, network.model, test, "relu1")
        sheet = remember(_correlation_sheet, table, name)
        items.append(
            WallItem(
                name,
                sheet,
                _("mean |r| = {coadaptation:.3f}", coadaptation=coadaptation(table)),
                _("matrix"),
                target=260,
            )
        )
    return items


def _correlation_sheet(table: Tensor, name: str) -> Sheet:
    return map_sheet(table[None], span=(-1, 1), what=_("correlation matrix, {name}", name=name))
