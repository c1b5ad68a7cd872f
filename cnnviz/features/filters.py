"""The kernels that a network has learned."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnnviz.errors import CnnvizError
from cnnviz.expressions import Expression, script
from cnnviz.inspection import LayerGraph, graph_of, runner_of
from cnnviz.models import Network
from cnnviz.words import say


def filters(model: nn.Module, layer: str | None = None) -> tuple[str, Tensor]:
    """The kernels of a convolution, by default of the first; of a network without any, the weights of its
    first layer as images.

    Returns:
        its name, and its kernels: (N, K, K) of a layer on grey images, (N, 3, K, K) on colour images,
            otherwise the
        kernels of all input channels one after the other, (N · C, K, K).

    Raises:
        CnnvizError: the model has no such convolution.
    """
    found: dict[str, nn.Conv2d] = {
        name: module for name, module in model.named_modules() if isinstance(module, nn.Conv2d)
    }
    if layer is None and not found and isinstance(model, Network):
        return _first_weights(model)
    name = layer if layer is not None else next(iter(found), "")
    if name not in found:
        raise CnnvizError(
            say(
                "This network has no convolution '{name}'. It has: {found}.",
                name=name,
                found=", ".join(found) or "none",
            )
        )
    weights = found[name].weight.detach()
    return name, weights if weights.shape[1] == 3 else weights.flatten(0, 1)


def _first_weights(network: Network) -> tuple[str, Tensor]:
    name, layer = next(
        (name, module) for name, module in network.named_modules() if isinstance(module, nn.Linear)
    )
    weights = layer.weight.detach().unflatten(1, network.plan.input_shape)
    return name, weights if weights.shape[1] == 3 else weights.flatten(0, 1)


DUPLICATE = 0.95
DEAD_SHARE = 1e-3


@dataclass(frozen=True, eq=False)
class FilterBank:
    """The filters of a convolution, (N, C, K, K), and what can be said of them.

    Attributes:
        kernels: (N, C, K, K) weights.
        norms: (N,) Euclidean norm.
        nearest: (N,) the other filter that is most alike, and ``similarity`` (N,) the cosine to it, −1 to 1.
        dead: filters whose weights have all but vanished, or, with ``images``, whose map is never above zero.
    """

    name: str
    kernels: Tensor
    norms: Tensor
    nearest: Tensor
    similarity: Tensor
    dead: tuple[int, ...]

    @property
    def duplicates(self) -> list[tuple[int, int]]:
        """Pairs of filters with a cosine above 0.95."""
        return [
            (i, int(j))
            for i, j in enumerate(self.nearest.tolist())
            if self.similarity[i] > DUPLICATE and (i < j or int(self.nearest[j]) != i)
        ]

    @property
    def pictures(self) -> Tensor:
        """One kernel a filter to look at: (N, K, K), of several input channels the strongest one's; (N, 3, K,
        K) on colour images.
        """
        if self.kernels.shape[1] == 3:
            return self.kernels
        strongest = self.kernels.flatten(2).norm(dim=2).argmax(1)
        return self.kernels[torch.arange(len(self.kernels)), strongest]

    def order(self, by: str) -> list[int]:
        """Filter numbers by ``"number"``, ``"norm"`` (largest first) or ``"similarity"`` (like beside
        like).
        """
        if by == "norm":
            return self.norms.argsort(descending=True).tolist()
        if by != "similarity":
            return list(range(len(self.norms)))
        flat = functional.normalize(self.kernels.flatten(1), dim=1)
        cosines = flat @ flat.T
        found = [int(self.norms.argmax())]
        left = set(range(len(flat))) - set(found)
        while left:
            found.append(max(left, key=lambda i: cosines[found[-1], i].item()))
            left.remove(found[-1])
        return found


def convolutions(model: nn.Module) -> list[str]:
    """The names of all convolutions on the way from the image to the answer."""
    graph = graph_of(model)
    return [shown for shown, name in graph.shown.items() if isinstance(graph.calls[name].module, nn.Conv2d)]


def filter_bank(model: nn.Module, layer: str, images: Tensor | None = None) -> FilterBank:
    """The filters of a layer, with norms, likeness, dead and duplicate ones.

    Args:
        layer: a convolution.
        images: (B, C, H, W); a filter is dead if its map, after the activation that follows, is 0 on all of
            them.

    Raises:
        CnnvizError: the layer is no convolution.
    """
    graph = graph_of(model)
    name = graph.find(layer)
    module = graph.calls[name].module
    if not isinstance(module, nn.Conv2d):
        raise CnnvizError(
            say(
                "'{layer}' is no convolution, so it has no filters. Choose one of: {convolutions}.",
                layer=layer,
                convolutions=", ".join(convolutions(model)) or "none",
            )
        )
    kernels = module.weight.detach()
    norms = kernels.flatten(1).norm(dim=1)
    flat = functional.normalize(kernels.flatten(1), dim=1)
    cosines = flat @ flat.T
    cosines.fill_diagonal_(-2)
    similarity, nearest = (
        cosines.max(1) if len(kernels) > 1 else (torch.zeros(1), torch.zeros(1, dtype=torch.long))
    )
    silent = norms < DEAD_SHARE * norms.max()
    if images is not None:
        after = _activation_after(graph, name)
        if after is not None:
            with torch.inference_mode():
                silent |= runner_of(model).cut(after)(images).amax((0, 2, 3)) <= 0
    return FilterBank(layer, kernels, norms, nearest, similarity, tuple(silent.nonzero().flatten().tolist()))


def _activation_after(graph: LayerGraph, name: str) -> str | None:
    """The ReLU that takes a convolution's maps, straight or through a batch norm."""
    for _ in range(2):
        followers = [call for call in graph.calls.values() if call.inputs == (name,)]
        if len(followers) != 1:
            return None
        name = followers[0].name
        if isinstance(followers[0].module, nn.ReLU):
            return name
    return None


def weight_histogram(model: nn.Module, layer: str, edges: Sequence[float]) -> list[float]:
    """Shares of a layer's weights between neighbouring edges; what lies beyond counts to the outermost."""
    module = graph_of(model).module_of(layer)
    weights = getattr(module, "weight", None)
    if not isinstance(weights, Tensor):
        raise CnnvizError(
            say("'{layer}' has no weights. Choose a convolution or a fully connected layer.", layer=layer)
        )
    values = weights.detach().flatten().clamp(edges[0], edges[-1])
    counts = torch.histogram(values, torch.tensor(edges, dtype=values.dtype)).hist
    return (counts / counts.sum()).tolist()


def filters_code(
    network: Expression, shape: tuple[int, int, int], layer: str, number: int, smoothness: float, seed: int
) -> str:
    """A layer's filters, and an image made for one."""
    return script(
        f"""\
network = {network}
bank = filter_bank(network, "{layer}")
print(bank.kernels.shape, bank.norms[{number}].item(), bank.duplicates)
made = maximise(network, "{layer}", {number}, {shape}, smoothness={smoothness:g}, seed={seed})
print(made.history[0], made.history[-1])
""",
        network,
        first=(),
        filter_bank="cnnviz.features",
        maximise="cnnviz.features",
    )
