"""The classic architectures: what each is called, who published it, and the layers it is made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from cnnviz.errors import CnnvizError
from cnnviz.expressions import Expression, script
from cnnviz.models.layers import Activation, Conv, Layer, Shape
from cnnviz.models.network import Network, build
from cnnviz.models.pretrained import IMAGENET_MEAN, IMAGENET_STD, pretrained
from cnnviz.models.spec import NetworkSpec, Plan, summary
from cnnviz.process_memory import available_bytes
from cnnviz.settings import Settings, settings
from cnnviz.subprocesses import Progress
from cnnviz.words import say

Layers = tuple[Layer, ...]
Widen = Callable[[int], int]
"""A number of channels as published -> the number at the chosen width."""
IMAGENET_SHAPE = (3, 224, 224)
GRAIN = 32
"""Multiples of it are sides that halve evenly five times."""
LARGEST = 1_000_000_000
"""Parameters at most; the published ones are all far below."""


@dataclass(frozen=True)
class Figure:
    """A published number.

    Attributes:
        what: it tells, in words.
        value: as published, with ``unit``.
        source: paper and place in it.
    """

    what: str
    value: float
    unit: str
    source: str


@dataclass(frozen=True)
class Architecture:
    """A published network, at full size.

    Attributes:
        name: its key in ``ARCHITECTURES``.
        title: as people write it.
        year: of publication.
        authors, paper: who published it, and where.
        idea: what was new, in a sentence.
        layers: (widen, input shape, classes) -> its layers.
        small: the preset with the same idea that trains in seconds (``TrainingSpec(network=…)``).
        depth: layers with weights on the longest way, as the paper counts them.
        parameters: learned numbers, published: exactly, for 1000 classes (ten for LeNet-5).
        multiply_adds: published, for one image of ``input_shape``.
        counted_by: where both stand.
        figures: of the ImageNet competition and others.
        weights: its name in ``PRETRAINED``; empty: no weights are published for exactly this form.
        note: where it differs from the paper.
        classes, input_shape: as published.
    """

    name: str
    title: str
    year: int
    authors: str
    paper: str
    idea: str
    layers: Callable[[Widen, Shape, int], Layers]
    small: str
    depth: int
    parameters: int
    multiply_adds: float
    counted_by: str
    figures: tuple[Figure, ...] = ()
    weights: str = ""
    note: str = ""
    classes: int = 1000
    input_shape: tuple[int, int, int] = IMAGENET_SHAPE

    def spec(
        self,
        classes: int | None = None,
        input_shape: tuple[int, int, int] | None = None,
        width: float = 1.0,
    ) -> NetworkSpec:
        """Its specification; ``width`` multiplies all numbers of channels and hidden units.

        Raises:
            CnnvizError: the width is not a number from 0.05 to 4.
        """
        if isinstance(width, bool) or not isinstance(width, int | float) or not 0.05 <= width <= 4:
            raise CnnvizError(
                say("The width is {width!r}, but it must be a number from 0.05 to 4.", width=width)
            )

        def widen(channels: int) -> int:
            # Multiples of four, so that two groups and octaves still divide them.
            return channels if width == 1 else max(4, 4 * round(channels * width / 4))

        layers = self.layers(widen, input_shape or self.input_shape, classes or self.classes)
        return NetworkSpec(layers, self.name)

    def summary(
        self,
        classes: int | None = None,
        input_shape: tuple[int, int, int] | None = None,
        width: float = 1.0,
    ) -> Plan:
        """Shapes, counts and receptive fields of all layers; nothing is allocated.

        Args:
            classes, input_shape: as published, if not given; (C, H, W).

        Raises:
            CnnvizError: the image is smaller than the network's reach, naming the layer.
        """
        shape = input_shape or self.input_shape
        try:
            return summary(self.spec(classes, shape, width), shape, classes or self.classes, limits=_limits())
        except CnnvizError as error:
            layer = str(error).partition(":")[0]
            sides = range(GRAIN, self.input_shape[1] + GRAIN, GRAIN)
            fits = next((side for side in sides if side >= min(shape[1:]) and self._takes(side, width)), None)
            cure = say("Use {fits}×{fits} pixels; it", fits=fits) if fits else "It"
            raise CnnvizError(
                say(
                    "{title} cannot take an image of {str}: its layer '{layer}' cannot work with what is left. "
                    "{cure} was made for {str2}.",
                    title=say(self.title),
                    str="×".join(map(str, shape)),
                    layer=layer,
                    cure=cure,
                    str2="×".join(map(str, self.input_shape)),
                )
            ) from None

    def _takes(self, side: int, width: float) -> bool:
        shape = (self.input_shape[0], side, side)
        try:
            summary(self.spec(None, shape, width), shape, self.classes, limits=_limits())
        except CnnvizError:
            return False
        return True

    def build(
        self,
        classes: int | None = None,
        input_shape: tuple[int, int, int] | None = None,
        width: float = 1.0,
        seed: int = 0,
    ) -> Network:
        """The network with random weights, images (B, C, H, W) in [0, 1] in, logits out.

        Raises:
            CnnvizError: as ``summary`` does; or there is not enough memory for its weights.
        """
        shape = input_shape or self.input_shape
        plan = self.summary(classes, shape, width)
        needed, free = 4 * (2 * plan.parameters + plan.activation_bytes // 4), available_bytes()
        if needed > free:
            raise CnnvizError(
                say(
                    "{title} needs {needed:.1f} GB of memory, but {free:.1f} GB are free. "
                    "Close other programs, choose a smaller width, or a smaller network.",
                    title=say(self.title),
                    needed=needed / 1000000000.0,
                    free=free / 1000000000.0,
                )
            )
        colours = shape[0] == 3
        return build(
            self.spec(classes, shape, width),
            shape,
            classes or self.classes,
            seed,
            mean=IMAGENET_MEAN if colours else None,
            std=IMAGENET_STD if colours else None,
            limits=_limits(),
        )

    def pretrained(
        self, input_shape: tuple[int, int, int] | None = None, progress: Progress | None = None
    ) -> Network:
        """The network with its published weights, in evaluation mode; downloaded once, if they are not
        bundled.

        Raises:
            CnnvizError: none are published for exactly this form; or the download failed.
        """
        if not self.weights:
            raise CnnvizError(
                say("No weights are published for exactly this form of {title}.", title=say(self.title))
            )
        given = pretrained(self.weights, progress)
        network = self.build(input_shape=input_shape)
        # GoogLeNet's side classifiers are for training alone.
        learned = {
            name: value
            for name, value in given.state_dict().items()
            if not name.startswith(("normalise.", "body.aux"))
        }
        load_in_order(network, learned)
        network.get_submodule("normalise").load_state_dict(given.get_submodule("normalise").state_dict())
        network.classes = given.classes
        return network.eval()

    def __repr__(self) -> str:
        return f"Architecture({self.title}, {self.year}: {self.parameters:,} parameters)"


ARCHITECTURES: dict[str, Architecture] = {}
"""By name, in the order of their years; filled by ``architecture``."""


def architecture(entry: Architecture) -> Architecture:
    """Adds a network to the registry: timeline, tables, menus and tests draw from it."""
    ARCHITECTURES[entry.name] = entry
    in_order = sorted(ARCHITECTURES.values(), key=lambda one: one.year)
    ARCHITECTURES.clear()
    ARCHITECTURES.update((one.name, one) for one in in_order)
    return entry


def architecture_named(name: str) -> Architecture:
    """Raises CnnvizError if there is none of this name."""
    if name not in ARCHITECTURES:
        raise CnnvizError(
            say(
                "There is no architecture '{name}'. Choose one of: {architectures}.",
                name=name,
                architectures=", ".join(ARCHITECTURES),
            )
        )
    return ARCHITECTURES[name]


def _limits() -> Settings:
    return replace(settings(), max_parameters=LARGEST, max_activations=LARGEST)


def convolution(channels: int, kernel: int, stride: int = 1, padding: int = 0, groups: int = 1) -> Layers:
    """A convolution with ReLU, as before batch normalisation."""
    return Conv(channels, kernel, stride, padding, groups=groups), Activation("relu")


def load_in_order(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Copies another library's weights into a network that has the same layers in the same order under other
    names.

    Args:
        weights: name -> tensor, such as ``torchvision.models.resnet18().state_dict()``.

    Raises:
        CnnvizError: a kind or a shape differs, naming both places.
    """
    own = {
        name: value
        for name, value in network.state_dict().items()
        if not name.startswith("normalise.") and not name.endswith(".connected")
    }
    if len(own) != len(weights):
        raise CnnvizError(
            say(
                "These weights are for another network: it has {count} tables of numbers, but there are {weights}.",
                count=len(own),
                weights=len(weights),
            )
        )
    with torch.no_grad():
        for (name, target), (other, value) in zip(own.items(), weights.items(), strict=True):
            if target.shape != value.shape or name.rpartition(".")[2] != other.rpartition(".")[2]:
                raise CnnvizError(
                    say(
                        "These weights are for another network: '{name}' is {shape}, but '{other}' is {shape2}.",
                        name=name,
                        shape=tuple(target.shape),
                        other=other,
                        shape2=tuple(value.shape),
                    )
                )
            target.copy_(value)


def architecture_code(
    name: str, shape: tuple[int, int, int], layer: str, image: Expression, weights: str
) -> str:
    """A network's counts, and one layer's maps of a picture.

    Args:
        weights: published, trained (by us, of the small form of the same name), or empty for random ones.
    """
    made = f"pretrained({shape})" if weights == "published" else f"build(input_shape={shape}).eval()"
    given = "network.load_state_dict(trained(entry.small).state_dict())\n" if weights == "trained" else ""
    names = {"trained": "cnnviz.training"} if given else {}
    return script(
        f"""\
entry = ARCHITECTURES["{name}"]
plan = entry.summary(input_shape={shape})
for place in plan:
    if place.parameters:
        print(place.name, place.output_shape, place.parameters, place.multiply_adds)
print(f"{{plan.parameters:,}} parameters, {{plan.multiply_adds:,}} multiply-adds")
network = entry.{made}
{given}image = fit({image}, {shape})
maps = feature_maps(network, image)["{layer}"]
print(maps.shape, maps.mean())
""",
        image,
        ARCHITECTURES="cnnviz.models",
        feature_maps="cnnviz.features",
        fit="cnnviz.data",
        **names,
    )
