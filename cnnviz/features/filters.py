"""The kernels that a network has learned."""

from torch import Tensor, nn

from cnnviz.errors import CnnvizError
from cnnviz.models import Network


def filters(model: nn.Module, layer: str | None = None) -> tuple[str, Tensor]:
    """The kernels of a convolution, by default of the first; of a network without any, the weights of its first layer as images.

    Returns:
        its name, and its kernels: (N, K, K) of a layer on grey images, (N, 3, K, K) on colour images, otherwise the
        kernels of all input channels one after the other, (N · C, K, K).

    Raises:
        CnnvizError: the model has no such convolution.
    """
    found: dict[str, nn.Conv2d] = {name: module for name, module in model.named_modules() if isinstance(module, nn.Conv2d)}
    if layer is None and not found and isinstance(model, Network):
        return _first_weights(model)
    name = layer if layer is not None else next(iter(found), "")
    if name not in found:
        raise CnnvizError(f"This network has no convolution '{name}'. It has: {', '.join(found) or 'none'}.")
    weights = found[name].weight.detach()
    return name, weights if weights.shape[1] == 3 else weights.flatten(0, 1)


def _first_weights(network: Network) -> tuple[str, Tensor]:
    name, layer = next((name, module) for name, module in network.named_children() if isinstance(module, nn.Linear))
    weights = layer.weight.detach().unflatten(1, network.plan.input_shape)
    return name, weights if weights.shape[1] == 3 else weights.flatten(0, 1)
