"""A network that can be run and trained, built from its specification."""

from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from cnnviz.errors import CnnvizError
from cnnviz.models.blocks import Block
from cnnviz.models.initialisation import initialise
from cnnviz.models.layers import Shape
from cnnviz.models.presets import PRESETS
from cnnviz.models.spec import NetworkSpec, Plan, PlannedLayer, summary
from cnnviz.random_numbers import drawing_from
from cnnviz.settings import Settings
from cnnviz.words import say

NEUTRAL = 0.5


class Normalise(nn.Module):
    """(x − mean) / std, channel by channel: the first layer of every network."""

    mean: Tensor
    std: Tensor

    def __init__(self, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(-1, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(-1, 1, 1))

    def forward(self, images: Tensor) -> Tensor:
        return (images - self.mean) / self.std


class ImageNetwork(nn.Sequential):
    """A network that knows its images and classes: (B, C, H, W) float in [0, 1] in, (B, classes) logits out.

    Attributes:
        input_shape: (C, H, W).
        classes: names, or none where only their number is known.
    """

    input_shape: Shape
    classes: tuple[str, ...] = ()
    title = "network"

    def check_images(self, images: Tensor) -> None:
        """Raises CnnvizError unless ``images`` is a batch of this network's input shape."""
        if images.dim() != 4 or tuple(images.shape[1:]) != self.input_shape:
            raise CnnvizError(
                say(
                    "This network takes a batch of images of shape {str}, "
                    "but got {str2}. Resize the image, or add the batch dimension.",
                    str="×".join(map(str, self.input_shape)),
                    str2="×".join(map(str, images.shape)),
                )
            )

    def forward(self, images: Tensor) -> Tensor:
        self.check_images(images)
        logits: Tensor = super().forward(images)
        return logits


class Network(ImageNetwork):
    """The layers of a specification, by name: ``normalise``, ``conv1``, ``relu1``, … ; images in, logits
    out.
    """

    def __init__(
        self, spec: NetworkSpec, plan: Plan, mean: tuple[float, ...], std: tuple[float, ...]
    ) -> None:
        modules: OrderedDict[str, nn.Module] = OrderedDict(normalise=Normalise(mean, std))
        modules.update((place.name, place.module()) for place in plan.tree)
        super().__init__(modules)
        self.spec = spec
        self.plan = plan
        self.input_shape = plan.input_shape
        self.title = spec.name

    def __str__(self) -> str:
        return f"Network({self.spec.name}: {', '.join(name for name, _ in self.named_children())}; {self.plan.parameters:,} parameters)"


def resolve(network: NetworkSpec | str) -> NetworkSpec:
    """A preset by name, or the specification itself."""
    if isinstance(network, NetworkSpec):
        return network
    if network not in PRESETS:
        raise CnnvizError(
            say(
                "There is no network '{network}'. Choose one of: {presets}.",
                network=network,
                presets=", ".join(PRESETS),
            )
        )
    return PRESETS[network]


def build(
    spec: NetworkSpec | str,
    input_shape: Shape,
    classes: int | Shape,
    seed: int = 0,
    *,
    mean: tuple[float, ...] | None = None,
    std: tuple[float, ...] | None = None,
    initialisation: str = "default",
    limits: Settings | None = None,
) -> Network:
    """A network with random weights; the same seed gives the same weights, those of
    ``torch.manual_seed(seed)``, and the shared generator stays.

    Args:
        spec: a specification or the name of a preset.
        input_shape: (C, H, W).
        classes: number of logits, or the shape of what it must give for an image.
        mean, std: of the images, one number a channel, for the first layer; 0.5 each if not given.
        initialisation: a key of ``INITIALISATIONS``: how the first weights are chosen.
        limits: that it must keep; those of the settings, if not given.

    Raises:
        CnnvizError: naming the layer that does not fit, before anything is allocated.
    """
    spec = resolve(spec)
    plan = summary(spec, input_shape, classes, limits=limits)
    neutral = (NEUTRAL,) * input_shape[0]
    with drawing_from(torch.Generator().manual_seed(seed)):
        network = Network(spec, plan, mean or neutral, std or neutral)
        initialise(network, initialisation)
    return network


def code(network: Network) -> str:
    """The network as lines of PyTorch that run without cnnviz, without its normalisation.

    A chain of layers is one expression, ``nn.Sequential(…)``; of a network with blocks the lines define the
    blocks first and end with ``network = nn.Sequential(…)``. (The kernels of a ``Conv`` that are not trained
    need ``cnnviz.models.keep_first``.)
    """
    if network.plan.is_chain:
        return expression(network)
    return f"import torch\nfrom torch import nn\n\n\n{definitions(network)}\nnetwork = {expression(network)}"


def expression(network: Network) -> str:
    """The network as one expression of PyTorch; it needs the ``definitions``."""
    return _sequence(network.plan.tree, "")


def definitions(network: Network) -> str:
    """The classes of the blocks that the expression uses; empty for a chain."""
    kinds: dict[str, str] = {}
    for top in network.plan.tree:
        for place, block in top.blocks():
            if place.low_shape and block.pair_definition:
                kinds[block.kind] = block.pair_definition
            else:
                kinds.setdefault(block.kind, block.definition)
    return "\n\n".join(kind for kind in kinds.values() if kind)


def _sequence(places: Sequence[PlannedLayer], margin: str) -> str:
    if not places:
        return "nn.Sequential()"
    lines = [f"{margin}    {_written(place, margin + '    ')},  # {place.name}" for place in places]
    return "\n".join(["nn.Sequential(", *lines, f"{margin})"])


def _written(place: PlannedLayer, margin: str) -> str:
    if not isinstance(place.layer, Block):
        return place.layer.code(place.input_shape)
    return place.layer.code_of({part: _sequence(held, margin) for part, held in place.parts().items()})
