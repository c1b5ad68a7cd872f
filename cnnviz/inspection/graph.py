"""Any network as a graph of its layers: which one feeds which, and what each is called.

A ``LayerGraph`` only describes. ``runner_of`` gives what runs it, or a part of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import fx, nn

from cnnviz.errors import CnnvizError
from cnnviz.inspection.rules import LayerRules, rules_of
from cnnviz.words import say

IMAGE = "image"
"""What feeds the first layer."""


@dataclass(frozen=True)
class LayerCall:
    """A layer at work.

    Attributes:
        name: as the network calls it, ``layer1.0.conv1``; a module that is called again gets ``_1``, ``_2``,
            …
        inputs: the names of the layers that feed it, in the order of its arguments, one that is taken twice
            (x + x) twice; ``"image"`` for the image itself.
        module: what it does; ``None`` for a bare function.
        function: the name of that function: ``add``, ``cat``, ``mul``, ``mean``, ``view``, …
        options: the function's other arguments.
    """

    name: str
    inputs: tuple[str, ...]
    module: nn.Module | None
    function: str = ""
    options: Mapping[str, Any] | None = None

    @property
    def kind(self) -> str:
        """Its type in one word: Conv2d, ReLU, add, …"""
        if self.module is None:
            return self.function
        return (
            "ReLU6"
            if isinstance(self.module, nn.ReLU6)
            else type(self.module).__name__.removeprefix("Parametrized")
        )

    @property
    def rules(self) -> LayerRules:
        """What is known of its type."""
        return rules_of(self.function if self.module is None else self.module)


@dataclass(frozen=True, eq=False)
class LayerGraph:
    """The layers of a network and who feeds whom. Get it from ``graph_of``.

    Attributes:
        calls: the layers by name, in the order of computation.
        shown: name to list -> its call: of a network that we wrote down, its own layers; else every layer.
        nodes: the same calls in torch.fx's graph ``order``.
    """

    calls: Mapping[str, LayerCall]
    shown: Mapping[str, str]
    nodes: Mapping[str, fx.Node] = field(repr=False)
    order: fx.Graph = field(repr=False)

    def find(self, layer: str) -> str:
        """The call that a layer's name means; a block (``layer4``) is its last layer.

        Raises:
            CnnvizError: there is no such layer, or it is not on the way from the image to the answer.
        """
        return layer if layer in self.calls else find_call(list(self.calls), layer)

    def place(self, layer: str) -> str:
        """Where the runner's module keeps the layer.

        Raises:
            CnnvizError: there is no such layer, or it is a bare function.
        """
        name = self.find(layer)
        if self.calls[name].module is None:
            raise CnnvizError(
                say("'{layer}' only puts values together. Choose the layer before or after it.", layer=layer)
            )
        return str(self.nodes[name].target)

    def module_of(self, layer: str) -> nn.Module:
        """The private module of a layer; who hooks it holds the runner's ``lock``.

        Raises:
            CnnvizError: the layer is a bare function.
        """
        self.place(layer)
        module = self.calls[self.find(layer)].module
        assert module is not None
        return module

    def copy(self) -> tuple[fx.Graph, Mapping[str, fx.Node], fx.Node]:
        """The order of computation, to be changed: the graph without its output, the calls in it, and what it
        returned.
        """
        graph = fx.Graph()
        copied: dict[fx.Node, fx.Node] = {}
        result = graph.graph_copy(self.order, copied)
        assert isinstance(result, fx.Node)
        return graph, {name: copied[node] for name, node in self.nodes.items()}, result


def find_call(calls: list[str], layer: str) -> str:
    """``LayerGraph.find`` among names."""
    layer = layer.removeprefix("body.")
    if layer in calls:
        return layer
    inside = [
        name
        for name in calls
        if name.startswith(f"{layer}.") and not name.removeprefix(f"{layer}.").startswith("_")
    ]
    if inside:
        return inside[-1]
    listed = ", ".join(calls if len(calls) <= 14 else [*calls[:7], "…", *calls[-6:]])
    raise CnnvizError(
        say(
            "This network has no layer '{layer}' on the way from the image to its answer. It has: {listed}.",
            layer=layer,
            listed=listed,
        )
    )
