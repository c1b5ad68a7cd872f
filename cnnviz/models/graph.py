"""Any network as a graph of its layers: which one feeds which, and a private copy that can be looked into.

A ``LayerGraph`` shares the weights of the network but nothing else: it is always in evaluation mode, has no in-place
layers, calls each layer once (a module that is called twice stands there twice), and its hooks are its own. So whoever
looks into a network neither changes it nor meets anybody else who does.
"""

import operator
import threading
import warnings
import weakref
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch._subclasses.fake_tensor import FakeTensorMode

from cnnviz.errors import CnnvizError
from cnnviz.models.folding import Folded, fold
from cnnviz.models.freed import keep_freed_memory
from cnnviz.models.network import ImageNetwork, Network
from cnnviz.models.private import private, signed, twins
from cnnviz.models.tracing import NO_LAYER, Tracer, scoped, use_module

warnings.filterwarnings("ignore", message=r"\s*Setting (forward, )?backward hooks", category=UserWarning)
# Captum says so at each use; here its hooks sit on private copies.

IMAGE = "image"
"""What feeds the first layer."""


@dataclass(frozen=True)
class LayerCall:
    """A layer at work.

    Attributes:
        name: as the network calls it, ``layer1.0.conv1``; a module that is called again gets ``_1``, ``_2``, …
        inputs: the names of the layers that feed it, in the order of its arguments, one that is taken twice (x + x) twice;
            ``"image"`` for the image itself.
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
        return "ReLU6" if isinstance(self.module, nn.ReLU6) else type(self.module).__name__.removeprefix("Parametrized")


class LayerGraph:
    """The layers of a network and who feeds whom. Get it from ``graph_of``."""

    def __init__(self, model: nn.Module) -> None:
        self._signature = _signature(model)
        self.facts: dict[Hashable, Any] = {}
        """What others worked out about these layers and want to keep as long as they live."""
        self.lock = threading.RLock()
        """Whoever puts hooks on ``module``, or calls it, holds it."""
        root: nn.Module = nn.Sequential()
        for name, child in model.named_children():
            root.add_module(name, child)
        traced = root if isinstance(model, ImageNetwork) else model
        try:
            graph = Tracer().trace(traced)
        except Exception as error:  # torch.fx raises what the network's own code raises on its symbols
            raise CnnvizError(
                f"The layers of this network cannot be told apart: its forward function decides while it runs ({error}). "
                "Use a network whose forward function has no condition on the values of its tensors."
            ) from error
        modules = dict(traced.named_modules())
        body = nn.Module()
        self._names: dict[fx.Node, str] = {}
        self._places: dict[str, str] = {}
        for node in graph.nodes:
            use_module(node, modules)
        for index, node in enumerate(graph.nodes):
            if node.op == "call_module":
                self._names[node] = self._unused(str(node.meta.get("cnnviz_name", node.target)))
                place = self._names[node].replace(".", "_")
                place = f"{place}_{index}" if hasattr(body, place) else place
                body.add_module(place, private(modules[node.target]))
                node.target = place
                self._places[self._names[node]] = node.target
            elif node.op == "get_attr":
                setattr(body, f"a{index}", operator.attrgetter(node.target)(traced))
                node.target = f"a{index}"
            elif node.op in ("call_function", "call_method") and node.target not in NO_LAYER and node.all_input_nodes:
                self._names[node] = self._unused(scoped(node))
        self.module = signed(fx.GraphModule(body, graph))
        """The network; images in, logits out."""
        self.calls = {name: self._call(node, name) for node, name in self._names.items()}
        self._graph = graph
        self._everything: tuple[fx.GraphModule, list[str]] | None = None
        self._chain = self._as_chain()
        self._first = next(iter((*model.parameters(), *model.buffers())), None)
        keep_freed_memory()
        self._shapes: dict[tuple[int, ...], dict[str, tuple[int, ...]]] = {}
        self._tensors = _tensors(self.module)
        self._folded: dict[bool, tuple[list[tuple[int, int]], Folded]] = {}
        self.shown = self._shown(model)
        """The names to list, in the order of computation: of a chain of ours, its own layers; else every layer."""

    def _as_chain(self) -> list[tuple[str, Callable[[Tensor], Tensor]]] | None:
        """The layers' functions, where each takes only what the one before it gave; without the detour over hooks, which nobody sets here."""
        before = IMAGE
        for call in self.calls.values():
            if call.module is None or call.inputs != (before,):
                return None
            before = call.name
        return [(name, call.module.forward) for name, call in self.calls.items() if call.module is not None]

    @property
    def device(self) -> torch.device:
        """Where the network's numbers live."""
        return torch.device("cpu") if self._first is None else self._first.device

    def _unused(self, name: str) -> str:
        name = name.removeprefix("body.")
        taken = set(self._names.values())
        return next(n for n in (name, *(f"{name}_{i}" for i in range(1, len(taken) + 2))) if n not in taken and n != IMAGE)

    def _call(self, node: fx.Node, name: str) -> LayerCall:
        module = self.module.get_submodule(str(node.target)) if node.op == "call_module" else None
        inputs = tuple(self._fed_by(source) for source in _arguments(node) if self._is_layer(source))
        function = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", str(node.target))
        rest = {str(i): value for i, value in enumerate(node.args) if not isinstance(value, fx.Node | tuple | list)} | {
            str(i): value for i, value in enumerate(node.args) if isinstance(value, tuple | list) and not any(isinstance(v, fx.Node) for v in value)
        }
        return LayerCall(name, inputs, module, "" if module else function, rest | dict(node.kwargs))

    def _is_layer(self, node: fx.Node) -> bool:
        return node in self._names or node.op == "placeholder"

    def _fed_by(self, node: fx.Node) -> str:
        return self._names.get(node, IMAGE)

    def _shown(self, model: nn.Module) -> dict[str, str]:
        if isinstance(model, Network):
            return {name: self.find(name) for name in ("normalise", *(place.name for place in model.plan))}
        return {name: name for name in self.calls}

    def find(self, layer: str) -> str:
        """The call that a layer's name means; a block (``layer4``) is its last layer.

        Raises:
            CnnvizError: there is no such layer, or it is not on the way from the image to the answer.
        """
        layer = layer.removeprefix("body.")
        if layer in self.calls:
            return layer
        inside = [name for name in self.calls if name.startswith(f"{layer}.") and not name.removeprefix(f"{layer}.").startswith("_")]
        if inside:
            return inside[-1]
        some = list(self.calls)
        listed = ", ".join(some if len(some) <= 14 else [*some[:7], "…", *some[-6:]])
        raise CnnvizError(f"This network has no layer '{layer}' on the way from the image to its answer. It has: {listed}.")

    def module_of(self, layer: str) -> nn.Module:
        """The private module of a layer, to be hooked under ``lock``.

        Raises:
            CnnvizError: the layer is a bare function.
        """
        name = self.find(layer)
        if name not in self._places:
            raise CnnvizError(f"'{layer}' only puts values together. Choose the layer before or after it.")
        return self.module.get_submodule(self._places[name])

    def logits(self, images: Tensor) -> Tensor:
        """(B, classes), without gradients."""
        with self.lock, torch.inference_mode():
            answer: Tensor = self.module(images)
        return answer

    def outputs(self, images: Tensor) -> dict[str, Tensor]:
        """Every layer's output for a batch (B, C, H, W), with the batch dimension, in the order of computation; the caller chooses the grad mode."""
        if self._chain is not None:
            values, found = images, {}
            for name, forward in self._chain:
                found[name] = values = forward(values)
            return found
        with self.lock:
            if self._everything is None:
                graph = fx.Graph()
                copied: dict[fx.Node, fx.Node] = {}
                graph.graph_copy(self._graph, copied)
                graph.output(tuple(copied[node] for node in self._names))
                self._everything = fx.GraphModule(twins(self.module), graph), list(self._names.values())
            module, names = self._everything
        return {name: value for name, value in zip(names, module(images), strict=True) if isinstance(value, Tensor)}

    def with_edit(self, layer: str, edit: nn.Module) -> fx.GraphModule:
        """The network with ``edit`` behind a layer: all that took the layer's output takes what ``edit`` makes of it."""
        name = self.find(layer)
        graph = fx.Graph()
        copied: dict[fx.Node, fx.Node] = {}
        result = graph.graph_copy(self._graph, copied)
        graph.output(result)
        node = copied[next(node for node, known in self._names.items() if known == name)]
        body = twins(self.module)
        body.add_module("edit", edit)
        with graph.inserting_after(node):
            behind = graph.call_module("edit", (node,))
        node.replace_all_uses_with(behind, delete_user_cb=lambda user: user is not behind)
        return fx.GraphModule(body, graph).eval()

    def cut(self, layer: str) -> fx.GraphModule:
        """The network up to a layer, whose output it returns; private as all else."""
        name = self.find(layer)
        graph = fx.Graph()
        copied: dict[fx.Node, fx.Node] = {}
        graph.graph_copy(self._graph, copied)
        graph.output(copied[next(node for node, known in self._names.items() if known == name)])
        part = fx.GraphModule(twins(self.module), graph).eval()
        part.graph.eliminate_dead_code()
        part.recompile()
        return part

    def rest(self, layer: str) -> fx.GraphModule | None:
        """The network behind a layer: takes its output (B, …), returns the logits. ``None`` where it needs more than that, as around a skip connection."""
        name = self.find(layer)
        graph = fx.Graph()
        copied: dict[fx.Node, fx.Node] = {}
        result = graph.graph_copy(self._graph, copied)
        graph.output(result)
        node = copied[next(node for node, known in self._names.items() if known == name)]
        images = next(one for one in graph.nodes if one.op == "placeholder")
        with graph.inserting_before(images):
            values = graph.placeholder("values")
        node.replace_all_uses_with(values)
        part = fx.GraphModule(twins(self.module), graph).eval()
        part.graph.eliminate_dead_code()
        images = next(one for one in part.graph.nodes if one.target == images.target)
        if images.users:
            return None
        part.graph.erase_node(images)
        part.recompile()
        return part

    def shapes(self, input_shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        """Call -> shape of its output for one image, without the batch; ``"image"`` is there too. Nothing is computed."""
        with self.lock:
            if input_shape not in self._shapes:
                with FakeTensorMode(allow_non_fake_inputs=True), torch.no_grad():
                    kind = None if self._first is None or not self._first.is_floating_point() else self._first.dtype
                    outputs = self.outputs(torch.empty(1, *input_shape, device=self.device, dtype=kind))
                self._shapes[input_shape] = {IMAGE: input_shape, **{name: tuple(value.shape[1:]) for name, value in outputs.items()}}
            return self._shapes[input_shape]

    def folded(self, large: bool = False) -> Folded:
        """The same function in its fastest form, each batch norm folded into its convolution; kept until the weights change.

        Args:
            large: for large images, with weights in the memory order that is the fastest for them (channels last).
        """
        with self.lock:
            versions = [_version(tensors[name]) for tensors, name in self._tensors]
            known = self._folded.get(large)
            if known is None or known[0] != versions:
                self._folded[large] = known = versions, fold(self.module, large)
            return known[1]

    def hookable(self, layer: str = "", large: bool = False) -> tuple[nn.Module, nn.Module]:
        """The network and one layer of it (the network itself if not named), to be hooked under ``lock``; folded where that leaves the layer as it is.

        Raises:
            CnnvizError: there is no such layer, or it is a bare function.
        """
        if layer:
            self.module_of(layer)
        folded, place = self.folded(large), self._places[self.find(layer)] if layer else ""
        network = self.module if place in folded.changed else folded.hookable
        return network, network.get_submodule(place)

    def matches(self, model: nn.Module) -> bool:
        return self._signature == _signature(model)


_graphs: "weakref.WeakKeyDictionary[nn.Module, LayerGraph]" = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def graph_of(model: nn.Module) -> LayerGraph:
    """The graph of a network, made once.

    Raises:
        CnnvizError: the network's forward function depends on the values it computes.
    """
    with _lock:
        found = _graphs.get(model)
        if found is None or not found.matches(model):
            found = _graphs[model] = LayerGraph(model)
        return found


def _arguments(node: fx.Node) -> list[fx.Node]:
    """All that a call takes, in order; ``all_input_nodes`` would name each only once."""
    found: list[fx.Node] = []

    def note(source: fx.Node) -> fx.Node:
        found.append(source)
        return source

    fx.node.map_arg((node.args, node.kwargs), note)
    return found


def _signature(model: nn.Module) -> tuple[int, ...]:
    return tuple(map(id, model._modules.values() if isinstance(model, Network) and model.plan.is_chain else model.modules()))


def _tensors(module: nn.Module) -> list[tuple[dict[str, Any], str]]:
    """Where a module keeps its weights and buffers: looking there is ten times as fast as asking the module for them."""
    places = (tensors for part in module.modules() for tensors in (part._parameters, part._buffers))
    return [(tensors, name) for tensors in places for name, value in tensors.items() if value is not None]


def _version(tensor: Tensor) -> tuple[int, int]:
    return tensor.data_ptr(), 0 if tensor.is_inference() else tensor._version
