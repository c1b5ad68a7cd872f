"""The same network with one thing changed, for fair comparisons."""

from dataclasses import replace

from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.models.layers import Activation, Conv, Dropout, Layer, Linear, Pool
from cnnviz.models.spec import NetworkSpec
from cnnviz.ops.activations import ACTIVATIONS


def with_activation(spec: NetworkSpec, name: str) -> NetworkSpec:
    """All activations replaced; before one that joins maps (maxout) the layer gets as many times more of them."""
    if name not in ACTIVATIONS:
        raise CnnvizError(f"There is no activation '{name}'. Choose one of: {', '.join(ACTIVATIONS)}.")
    pieces = ACTIVATIONS[name].pieces
    layers = list(spec.layers)
    for index, layer in enumerate(layers):
        if not isinstance(layer, Activation):
            continue
        layers[index] = Activation(name)
        before = next((i for i in range(index - 1, -1, -1) if isinstance(layers[i], Conv | Linear)), None)
        if before is not None:
            layers[before] = _wider(layers[before], pieces)
    return replace(spec, layers=tuple(layers), name=f"{spec.name}-{name}")


def _wider(layer: Layer, times: int) -> Layer:
    if isinstance(layer, Conv):
        return replace(layer, channels=layer.channels * times)
    return replace(layer, units=layer.units * times) if isinstance(layer, Linear) and layer.units else layer


def with_dropout(spec: NetworkSpec, p: float) -> NetworkSpec:
    """Every dropout layer with probability ``p``; with 0 they are taken out."""
    layers = tuple(Dropout(p) if isinstance(layer, Dropout) else layer for layer in spec.layers if p > 0 or not isinstance(layer, Dropout))
    return replace(spec, layers=layers, name=f"{spec.name}-p{round(100 * p)}")


def with_fixed_kernel(spec: NetworkSpec, kernel: Tensor) -> NetworkSpec:
    """The first convolution gets kernels of this size; its first filter is this one and is not trained."""
    layers = list(spec.layers)
    index = next((i for i, layer in enumerate(layers) if isinstance(layer, Conv)), None)
    if index is None:
        raise CnnvizError(f"The network {spec.name} has no convolution to put a kernel into. Choose another network.")
    layers[index] = replace(_sized(layers[index], kernel.shape[0]), fixed=(tuple(map(tuple, kernel.tolist())),))
    return replace(spec, layers=tuple(layers), name=f"{spec.name}-fixed")


def with_first_kernel_size(spec: NetworkSpec, side: int) -> NetworkSpec:
    """The first convolution with kernels of this size and maps of the same size as before."""
    layers = list(spec.layers)
    index = next(i for i, layer in enumerate(layers) if isinstance(layer, Conv))
    layers[index] = _sized(layers[index], side)
    return replace(spec, layers=tuple(layers))


def _sized(layer: Layer, side: int) -> Conv:
    assert isinstance(layer, Conv)
    return replace(layer, kernel=side, padding=max(0, layer.padding + (side - layer.kernel) // 2))


def without_pooling(spec: NetworkSpec) -> NetworkSpec:
    """Each pooling is left out, and the convolution before it takes its stride instead."""
    layers: list[Layer] = []
    for layer in spec.layers:
        if isinstance(layer, Pool):
            before = max(i for i, entry in enumerate(layers) if isinstance(entry, Conv))
            convolution = layers[before]
            assert isinstance(convolution, Conv)
            layers[before] = replace(convolution, stride=convolution.stride * (layer.stride or layer.size))
        else:
            layers.append(layer)
    return replace(spec, layers=tuple(layers), name=f"{spec.name}-strided")
