"""Runs a network, or a part of it, on a private copy that can be looked into.

The copy shares the weights of the network but nothing else: it is always in evaluation mode, has no in-place
    layers, calls
each layer once (a module that is called twice stands there twice), and its hooks are its own. So whoever
looks into a network neither changes it nor meets anybody else who does.
"""

import threading
import warnings
import weakref
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

import torch
from torch import Tensor, fx, nn
from torch._subclasses.fake_tensor import FakeTensorMode

from cnnviz.inspection.copies import twins
from cnnviz.inspection.graph import IMAGE, LayerGraph
from cnnviz.inspection.tracing import traced
from cnnviz.models import Network

warnings.filterwarnings("ignore", message=r"\s*Setting (forward, )?backward hooks", category=UserWarning)
# Captum says so at each use; here its hooks sit on private copies.

Shape = tuple[int, ...]


class Runner:
    """Runs the layers of a graph. Get it from ``runner_of``.

    Attributes:
        graph: what it runs.
        module: images in, logits out.
        lock: whoever puts hooks on ``module``, or calls it, holds it.
    """

    def __init__(self, model: nn.Module) -> None:
        self.module, self.graph = traced(model)
        self.lock = threading.RLock()
        self._chain = self._as_chain()
        self._everything: fx.GraphModule | None = None
        self._first = next(iter((*model.parameters(), *model.buffers())), None)
        self._shapes: dict[Shape, dict[str, Shape]] = {}

    def _as_chain(self) -> list[tuple[str, Callable[[Tensor], Tensor]]] | None:
        """The layers' functions, where each takes only what the one before it gave; nobody hooks them on this
        way.
        """
        before = IMAGE
        for call in self.graph.calls.values():
            if call.module is None or call.inputs != (before,):
                return None
            before = call.name
        return [
            (name, call.module.forward) for name, call in self.graph.calls.items() if call.module is not None
        ]

    @property
    def device(self) -> torch.device:
        """Where the network's numbers live."""
        return torch.device("cpu") if self._first is None else self._first.device

    def logits(self, images: Tensor) -> Tensor:
        """(B, classes), without gradients."""
        with self.lock, torch.inference_mode():
            answer: Tensor = self.module(images)
        return answer

    def outputs(self, images: Tensor) -> dict[str, Tensor]:
        """Every layer's output for a batch (B, C, H, W), with the batch dimension; the caller chooses the
        grad mode.
        """
        if self._chain is not None:
            values, found = images, {}
            for name, forward in self._chain:
                found[name] = values = forward(values)
            return found
        with self.lock:
            if self._everything is None:
                order, nodes, _ = self.graph.copy()
                order.output(tuple(nodes.values()))
                self._everything = fx.GraphModule(twins(self.module), order)
            module = self._everything
        answers = zip(self.graph.calls, module(images), strict=True)
        return {name: value for name, value in answers if isinstance(value, Tensor)}

    def shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Call -> shape of its output for one image, without the batch; ``"image"`` is there too. Nothing is
        computed.
        """
        with self.lock:
            if input_shape not in self._shapes:
                form = form_of(self.module)
                known = None if form is None else _shapes.get((form, input_shape))
                self._shapes[input_shape] = known or self._found_shapes(input_shape)
                if form is not None:
                    if len(_shapes) >= MOST_FORMS:
                        _shapes.clear()
                    _shapes[form, input_shape] = self._shapes[input_shape]
            return self._shapes[input_shape]

    def _found_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        with FakeTensorMode(allow_non_fake_inputs=True), torch.no_grad():
            kind = None if self._first is None or not self._first.is_floating_point() else self._first.dtype
            outputs = self.outputs(torch.empty(1, *input_shape, device=self.device, dtype=kind))
        found = {name: tuple(value.shape[1:]) for name, value in outputs.items()}
        return {IMAGE: input_shape, **found}

    def with_edit(self, layer: str, edit: nn.Module) -> fx.GraphModule:
        """The network with ``edit`` behind a layer: all that took the layer's output takes what ``edit``
        makes of it.
        """
        order, nodes, result = self.graph.copy()
        order.output(result)
        node = nodes[self.graph.find(layer)]
        body = twins(self.module)
        body.add_module("edit", edit)
        with order.inserting_after(node):
            behind = order.call_module("edit", (node,))
        node.replace_all_uses_with(behind, delete_user_cb=lambda user: user is not behind)
        return fx.GraphModule(body, order).eval()

    def whole(self) -> tuple[fx.GraphModule, dict[str, str]]:
        """The network, private as all else; and layer -> its node there."""
        order, nodes, result = self.graph.copy()
        order.output(result)
        names = {layer: node.name for layer, node in nodes.items()}
        return fx.GraphModule(twins(self.module), order).eval(), names

    def cut(self, layer: str) -> fx.GraphModule:
        """The network up to a layer, whose output it returns; private as all else."""
        order, nodes, _ = self.graph.copy()
        order.output(nodes[self.graph.find(layer)])
        return self._part(order)

    def rest(self, layer: str) -> fx.GraphModule | None:
        """The network behind a layer: takes its output (B, …), returns the logits.

        ``None`` where it needs more than that, as around a skip connection.
        """
        order, nodes, result = self.graph.copy()
        order.output(result)
        images = next(one for one in order.nodes if one.op == "placeholder")
        with order.inserting_before(images):
            values = order.placeholder("values")
        nodes[self.graph.find(layer)].replace_all_uses_with(values)
        part = self._part(order)
        images = next(one for one in part.graph.nodes if one.target == images.target)
        if images.users:
            return None
        part.graph.erase_node(images)
        part.recompile()
        return part

    def _part(self, order: fx.Graph) -> fx.GraphModule:
        part = fx.GraphModule(twins(self.module), order).eval()
        part.graph.eliminate_dead_code()
        part.recompile()
        return part


MOST_FORMS = 300
_shapes: dict[Hashable, dict[str, Shape]] = {}
"""(Form of a network, shape of its input) -> shapes of its layers: the steps of one training have one form."""
_OURS = ("torch", "cnnviz")


def form_of(module: fx.GraphModule) -> Hashable | None:
    """Equal for two networks that give the same shapes: their code, the settings of their layers, the shapes of their
    numbers. ``None`` where a layer is of another library, or keeps more than that.
    """
    found: list[Hashable] = [module.code]
    for name, layer in module.named_modules():
        if type(layer).__module__.partition(".")[0] not in _OURS:
            return None
        numbers = {**layer._parameters, **layer._buffers}
        for key, value in vars(layer).items():
            if isinstance(value, Tensor):
                numbers[key] = value
            elif not key.startswith("_") and layer is not module:
                if not _is_setting(value):
                    return None
                found.append((name, key, value))
        found += [(name, key, None if value is None else value.shape) for key, value in numbers.items()]
        if layer is not module:  # torch.fx makes a class for each of its own
            found.append((name, type(layer)))
    return tuple(found)


def _is_setting(value: object) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_setting, value))
    return value is None or isinstance(value, bool | int | float | str)


_runners: "weakref.WeakKeyDictionary[nn.Module, tuple[tuple[int, ...], Runner]]" = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def runner_of(model: nn.Module) -> Runner:
    """What runs a network and its parts, made once for each network.

    Raises:
        CnnvizError: the network's forward function depends on the values it computes.
    """
    parts = _parts(model)
    with _lock:
        found = _runners.get(model)
        if found is None or found[0] != parts:
            found = _runners[model] = parts, Runner(model)
        return found[1]


def graph_of(model: nn.Module) -> LayerGraph:
    """The layers of a network and who feeds whom, made once for each network.

    Raises:
        CnnvizError: the network's forward function depends on the values it computes.
    """
    return runner_of(model).graph


def _parts(model: nn.Module) -> tuple[int, ...]:
    """The modules that a network consists of now; with others, it is another graph."""
    modules = (
        model._modules.values() if isinstance(model, Network) and model.plan.is_chain else model.modules()
    )
    return tuple(map(id, modules))


Rest = ParamSpec("Rest")
Result = TypeVar("Result")


def once_a_network(
    compute: Callable[Concatenate[Runner, Rest], Result],
) -> Callable[Concatenate[Runner, Rest], Result]:
    """Keeps what a function of a runner and hashable arguments returns as long as the runner lives; never of
    its weights.
    """
    known: weakref.WeakKeyDictionary[Runner, dict[object, object]] = weakref.WeakKeyDictionary()

    @wraps(compute)
    def found(runner: Runner, /, *rest: Rest.args, **named: Rest.kwargs) -> Result:
        results = known.setdefault(runner, {})
        key = rest, tuple(named.items())
        if key not in results:
            results[key] = compute(runner, *rest, **named)
        return cast(Result, results[key])

    return found
