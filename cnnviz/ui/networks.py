"""Which network a page looks into: the student's own run at any step, or a pretrained one."""

from dataclasses import dataclass
from functools import lru_cache

import streamlit as st
from torch import nn

from cnnviz.data import DATASETS, ImageDataset, load
from cnnviz.errors import CnnvizError
from cnnviz.expressions import Expression
from cnnviz.models import (
    ARCHITECTURES,
    PRESET_TITLES,
    PRESETS,
    PRETRAINED,
    ImageNetwork,
    Network,
    build,
    pretrained,
)
from cnnviz.models.layers import Shape
from cnnviz.models.pretrained import BUNDLED, all_weights_here
from cnnviz.training import Run, open_run, trained, trained_networks
from cnnviz.ui.address import once_a_run
from cnnviz.ui.fields import Choice, Titles, titles_of
from cnnviz.ui.jobs import Progress, job
from cnnviz.ui.memory import remember
from cnnviz.ui.outside import plain
from cnnviz.ui.runs import WithRun, choose_run, choose_step
from cnnviz.words import _, language

OWN = "run"
UNTRAINED = "untrained_"
"""Before the name of a preset."""
UNTRAINED_ON = "mnist"
TRAINED = "trained_"
"""Before the name of a preset, ``_`` and that of a data set."""
PUBLISHED = "published_"
"""Before the name of an architecture: the same weights as the pretrained one's, with the layers as the lecture names
them.
"""


@dataclass(frozen=True)
class OpenNetwork:
    """A network with all that pages need to know of it.

    Attributes:
        model: shared with all sessions; nobody changes it.
        key: names its weights, for results that are kept.
        code: a Python expression that gives it.
        run, step: where it comes from a training.
    """

    model: nn.Module
    title: str
    input_shape: tuple[int, int, int]
    classes: tuple[str, ...]
    key: tuple[str | int, ...]
    code: Expression
    run: Run | None = None
    step: int | None = None

    def cache_key(self) -> tuple[str | int, ...]:
        return self.key


def network_titles() -> dict[str, str]:
    """All networks that need no run, as menus name them."""
    return _titles(once_a_run(all_weights_here), len(PRESETS), language())


@lru_cache(maxsize=32)
def _titles(weights: frozenset[str], _presets: int, _language: str) -> dict[str, str]:
    """Each menu asks for it some times a run."""
    return {
        **dict(titles_of(PRETRAINED).items()),
        **{
            f"{TRAINED}{name}_{dataset}": _(
                "{preset_titles}, trained on {title}",
                preset_titles=_(PRESET_TITLES[name]),
                title=_(DATASETS[dataset].title),
            )
            for name, dataset in trained_networks()
        },
        **{
            f"{PUBLISHED}{name}": _("{title}, layer by layer", title=_(entry.title))
            for name, entry in ARCHITECTURES.items()
            if entry.weights in weights
        },
        **{f"{UNTRAINED}{name}": _("{name}, untrained", name=name) for name in PRESETS},
    }


class WithNetwork(WithRun):
    """Part of the state of a page that looks into any network."""

    network = Choice(
        "Network",
        Titles(lambda: {OWN: _("From the training lab"), **network_titles()}),
        shared=True,
        help="The network that is looked into: one of your trainings, a trained one, a published one, or one with random weights.",
    )


def choose_network(usual: str = OWN) -> Run | str:
    """Shows the controls. A training run, or the name of a pretrained or untrained network.

    Args:
        usual: what the page begins with.
    """
    name = WithNetwork.network.draw(usual=usual)
    return choose_run() if name == OWN else name


def images_of(chosen: Run | str) -> ImageDataset | None:
    """The test images that belong to it, if any are bundled."""
    if isinstance(chosen, Run):
        return chosen.spec.load("test")
    if chosen.startswith(TRAINED):
        return load(chosen.rpartition("_")[2], "test")
    return load(UNTRAINED_ON, "test") if chosen.startswith(UNTRAINED) else None


def open_network(chosen: Run | str, player: str | None) -> OpenNetwork:
    """The network; of a run at the step that is chosen with a step player, which is shown here (``None``: the
    newest step).

    While its weights are being downloaded, the page ends here.
    """
    if isinstance(chosen, Run):
        steps = chosen.steps
        wanted = None if player is None else choose_step(player, chosen)
        return network_of_run(chosen, wanted if wanted in steps else steps[-1])
    if chosen.startswith(UNTRAINED):
        return _untrained(chosen.removeprefix(UNTRAINED))
    if chosen.startswith(TRAINED):
        return _trained(chosen)
    if chosen.startswith(PUBLISHED):
        return _published(chosen.removeprefix(PUBLISHED))
    entry = PRETRAINED[chosen]
    if chosen == BUNDLED:
        network = pretrained(chosen)
    else:
        fetched = _fetched(chosen)
        if fetched is None:
            st.stop()
        network = fetched
    channels, height, width = network.input_shape
    code = Expression(f'pretrained("{chosen}")', {"pretrained": "cnnviz.models"})
    return OpenNetwork(network, _(entry.title), (channels, height, width), network.classes, (chosen, 0), code)


def network_of_run(run: Run, step: int) -> OpenNetwork:
    """A run's network at one of its saved steps."""
    entry = run.spec.entry
    key = (run.id, step, run.version(step))
    model = remember(_network_at, run.id, step, run.version(step))
    title = _("{network_name} at step {step}", network_name=run.spec.network_name, step=step)
    code = Expression(f'open_run("{run.id}").network({step})', {"open_run": "cnnviz.training"})
    return OpenNetwork(model, title, entry.shape, tuple(entry.classes), key, code, run, step)


def _network_at(run_id: str, step: int, _version: str) -> Network:
    """A run that is resumed writes the weights of some steps anew, which is then another version."""
    return open_run(run_id).network(step)


def _fresh(
    preset: str, shape: Shape, classes: int, mean: tuple[float, ...], std: tuple[float, ...]
) -> Network:
    return build(preset, shape, classes, mean=mean, std=std).eval()


def _untrained(name: str) -> OpenNetwork:
    """A preset with its first random weights."""
    entry = DATASETS[UNTRAINED_ON]
    shape, classes = entry.shape, len(entry.classes)
    model = remember(_fresh, name, shape, classes, entry.mean, entry.std)
    code = Expression(
        f'build("{name}", {shape}, {classes}, mean={entry.mean}, std={entry.std})', {"build": "cnnviz.models"}
    )
    return OpenNetwork(
        model, _("{name}, untrained", name=name), shape, tuple(entry.classes), (f"{UNTRAINED}{name}", 0), code
    )


def _trained(chosen: str) -> OpenNetwork:
    """A small form of a classic architecture, with the weights that come with the app."""
    name, __, dataset = chosen.removeprefix(TRAINED).rpartition("_")
    entry = DATASETS[dataset]
    code = Expression(f'trained("{name}", "{dataset}")', {"trained": "cnnviz.training"})
    title = _(
        "{partition} on {title}", partition=_(PRESET_TITLES[name]).partition(":")[0], title=_(entry.title)
    )
    return OpenNetwork(
        remember(trained, name, dataset), title, entry.shape, tuple(entry.classes), (chosen, 0), code
    )


def _published(name: str) -> OpenNetwork:
    """A published network, whose weights are on this machine, with our own layers."""
    network = remember(_published_network, name)
    channels, height, width = ARCHITECTURES[name].input_shape
    code = Expression(f'ARCHITECTURES["{name}"].pretrained()', {"ARCHITECTURES": "cnnviz.models"})
    key = (f"{PUBLISHED}{name}", 0)
    return OpenNetwork(
        network, _(ARCHITECTURES[name].title), (channels, height, width), network.classes, key, code
    )


def _published_network(name: str) -> Network:
    return ARCHITECTURES[name].pretrained()


def _fetched(name: str) -> ImageNetwork | None:
    entry = PRETRAINED[name]
    try:
        return job(
            "fetch",
            _("Downloading {title}, {megabytes:.0f} MB", title=_(entry.title), megabytes=entry.megabytes),
            _download,
            name,
        )
    except CnnvizError as error:
        st.warning(plain(error), icon=":material/wifi_off:")
        return None


def _download(name: str, progress: Progress) -> ImageNetwork:
    return pretrained(name, lambda done, total: progress(done / max(1, total)))
