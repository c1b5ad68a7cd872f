"""The same network with one thing changed, for fair comparisons."""

from collections.abc import Callable
from dataclasses import replace

from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.models.blocks import Block, Layers, Repeat, rewritten
from cnnviz.models.layers import Activation, Conv, Dropout, Layer, Linear, Pool
from cnnviz.models.spec import NetworkSpec
from cnnviz.ops.activations import ACTIVATIONS
from cnnviz.words import say


def with_activation(spec: NetworkSpec, name: str) -> NetworkSpec:
    """All activations replaced; before one that joins maps (maxout) the layer gets as many times more of
    them.
    """
    if name not in ACTIVATIONS:
        raise CnnvizError(
            say(
                "There is no activation '{name}'. Choose one of: {activations}.",
                name=name,
                activations=", ".join(ACTIVATIONS),
            )
        )
    pieces = ACTIVATIONS[name].pieces

    def change(given: Layers) -> Layers:
        layers = list(given)
        for index, layer in enumerate(layers):
            if not isinstance(layer, Activation):
                continue
            layers[index] = Activation(name)
            before = next((i for i in range(index - 1, -1, -1) if isinstance(layers[i], Conv | Linear)), None)
            if before is not None:
                layers[before] = _wider(layers[before], pieces)
        return tuple(layers)

    return replace(spec, layers=rewritten(spec.layers, change), name=f"{spec.name}-{name}")


def _wider(layer: Layer, times: int) -> Layer:
    if isinstance(layer, Conv):
        return replace(layer, channels=layer.channels * times)
    return replace(layer, units=layer.units * times) if isinstance(layer, Linear) and layer.units else layer


def with_dropout(spec: NetworkSpec, p: float) -> NetworkSpec:
    """Every dropout layer with probability ``p``; with 0 they are taken out."""

    def change(layers: Layers) -> Layers:
        return tuple(
            Dropout(p) if isinstance(layer, Dropout) else layer
            for layer in layers
            if p > 0 or not isinstance(layer, Dropout)
        )

    return replace(spec, layers=rewritten(spec.layers, change), name=f"{spec.name}-p{round(100 * p)}")


def with_fixed_kernel(spec: NetworkSpec, kernel: Tensor) -> NetworkSpec:
    """The first convolution gets kernels of this size; its first filter is this one and is not trained."""

    def change(layer: Conv) -> Conv:
        return replace(_sized(layer, kernel.shape[0]), fixed=(tuple(map(tuple, kernel.tolist())),))

    return replace(spec, layers=_first_changed(spec, change), name=f"{spec.name}-fixed")


def with_first_kernel_size(spec: NetworkSpec, side: int) -> NetworkSpec:
    """The first convolution with kernels of this size and maps of the same size as before."""
    return replace(spec, layers=_first_changed(spec, lambda layer: _sized(layer, side)))


def _first_changed(spec: NetworkSpec, change: Callable[[Conv], Conv]) -> Layers:
    """The layers with the first convolution changed; only where it stands at the top, because all images go
    through it.
    """
    layers = list(spec.layers)
    for index, layer in enumerate(layers):
        if isinstance(layer, Conv):
            layers[index] = change(layer)
            return tuple(layers)
        if isinstance(layer, Block | Repeat):
            break
    raise CnnvizError(
        say(
            "The network {name} does not begin with a convolution to put a kernel into. Choose another network.",
            name=spec.name,
        )
    )


def _sized(layer: Conv, side: int) -> Conv:
    return replace(layer, kernel=side, padding=max(0, layer.padding + (side - layer.kernel) // 2))


def without_pooling(spec: NetworkSpec) -> NetworkSpec:
    """Each pooling is left out, and the convolution before it takes its stride instead.

    Raises:
        CnnvizError: a pooling has no convolution before it.
    """

    def change(given: Layers) -> Layers:
        layers: list[Layer] = []
        for layer in given:
            if not isinstance(layer, Pool):
                layers.append(layer)
                continue
            before = max((i for i, entry in enumerate(layers) if isinstance(entry, Conv)), default=None)
            convolution = layers[before] if before is not None else None
            if before is None or not isinstance(convolution, Conv):
                raise CnnvizError(
                    say(
                        "The network {name} has a pooling with no convolution before it to take its stride. Choose another network.",
                        name=spec.name,
                    )
                )
            layers[before] = replace(convolution, stride=convolution.stride * (layer.stride or layer.size))
        return tuple(layers)

    return replace(spec, layers=rewritten(spec.layers, change), name=f"{spec.name}-strided")
