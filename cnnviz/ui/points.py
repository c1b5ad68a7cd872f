"""Test images as points, by the features of a layer at any step of a training."""

from torch import Tensor

from cnnviz.data import ImageDataset
from cnnviz.features import Separation, layer_features, project, separation
from cnnviz.figures import palette
from cnnviz.training import Run
from cnnviz.ui.jobs import Progress, job
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import OpenNetwork, network_of_run
from cnnviz.words import _


def layout_at(
    network: OpenNetwork, run: Run, layer: str, test: ImageDataset, way: str
) -> tuple[Tensor, Separation] | None:
    """(N, 2) points at the network's step, turned so that they keep their places from step to step, and how
    far the classes have come apart.

    All steps are laid out after the last one. ``None`` while it is being computed.
    """
    last = network_of_run(run, run.steps[-1])
    return job("points", _("Laying out the points"), _laid_out, network, last, layer, test, way)


def _laid_out(
    network: OpenNetwork, last: OpenNetwork, layer: str, test: ImageDataset, way: str, progress: Progress
) -> tuple[Tensor, Separation]:
    base: Tensor = remember(project, remember(_features, last, layer, test), way, progress=progress)
    here = remember(_features, network, layer, test)
    points = base if network.key == last.key else project(here, way, start=base, progress=progress)
    return points, separation(here, test.labels)


def _features(network: OpenNetwork, layer: str, test: ImageDataset) -> Tensor:
    return layer_features(network.model, layer, test.images)


def groups_of(classes: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Marker, name and colour of each class; digits are their own marker, other classes get letters."""
    digits = all(len(name) == 1 for name in classes)
    return [
        (name if digits else chr(ord("A") + i), "" if digits else name, palette().of(i))
        for i, name in enumerate(classes)
    ]
