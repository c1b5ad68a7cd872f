"""Finding a network's layers with torch.fx: which calls are layers, and what they are called."""

import operator
import threading
from collections.abc import Callable, Collection, Mapping
from typing import Any

from torch import fx, nn

from cnnviz.errors import CnnvizError
from cnnviz.inspection.copies import private
from cnnviz.inspection.graph import IMAGE, LayerCall, LayerGraph, find_call
from cnnviz.inspection.rules import FUNCTION_FORMS
from cnnviz.models import ImageNetwork, Network, Normalise
from cnnviz.models.blocks import BlockModule
from cnnviz.words import say

_tracing = threading.Lock()


def traced(model: nn.Module) -> tuple[fx.GraphModule, LayerGraph]:
    """A private copy of a network that calls each layer once, and the description of its layers.

    Raises:
        CnnvizError: the network's forward function depends on the values it computes.
    """
    root: nn.Module = nn.Sequential()
    for name, child in model.named_children():
        root.add_module(name, child)
    root = root if isinstance(model, ImageNetwork) else model
    try:
        with _tracing:
            order = _Tracer().trace(root)
    except Exception as error:  # torch.fx raises what the network's own code raises on its symbols
        raise CnnvizError(
            say(
                "The layers of this network cannot be told apart: its forward function decides while it runs ({error}). "
                "Use a network whose forward function has no condition on the values of its tensors.",
                error=error,
            )
        ) from error
    modules = dict(root.named_modules())
    body = nn.Module()
    names: dict[fx.Node, str] = {}
    for node in order.nodes:
        _use_module(node, modules)
    for index, node in enumerate(order.nodes):
        if node.op == "call_module":
            names[node] = _unused(str(node.meta.get("cnnviz_name", node.target)), names.values())
            place = names[node].replace(".", "_")
            node_place = f"{place}_{index}" if hasattr(body, place) else place
            body.add_module(node_place, private(modules[node.target]))
            node.target = node_place
        elif node.op == "get_attr":
            setattr(body, f"a{index}", operator.attrgetter(node.target)(root))
            node.target = f"a{index}"
        elif (
            node.op in ("call_function", "call_method")
            and node.target not in _NO_LAYER
            and node.all_input_nodes
        ):
            names[node] = _unused(_scoped(node), names.values())
    module = fx.GraphModule(body, order)
    calls = {name: _call(node, names, module) for node, name in names.items()}
    return module, LayerGraph(
        calls, _shown(model, list(calls)), {name: node for node, name in names.items()}, order
    )


def _unused(name: str, taken: Collection[str]) -> str:
    name = name.removeprefix("body.")
    candidates = (name, *(f"{name}_{i}" for i in range(1, len(taken) + 2)))
    return next(one for one in candidates if one not in taken and one != IMAGE)


def _call(node: fx.Node, names: Mapping[fx.Node, str], module: fx.GraphModule) -> LayerCall:
    layer = module.get_submodule(str(node.target)) if node.op == "call_module" else None
    sources = [source for source in _arguments(node) if source in names or source.op == "placeholder"]
    function = (
        node.target if isinstance(node.target, str) else getattr(node.target, "__name__", str(node.target))
    )
    options = {str(index): value for index, value in enumerate(node.args) if not _holds_nodes(value)} | dict(
        node.kwargs
    )
    inputs = tuple(names.get(source, IMAGE) for source in sources)
    return LayerCall(names[node], inputs, layer, "" if layer else function, options)


def _holds_nodes(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return any(isinstance(one, fx.Node) for one in value)
    return isinstance(value, fx.Node)


def _shown(model: nn.Module, calls: list[str]) -> dict[str, str]:
    if isinstance(model, Network):
        return {name: find_call(calls, name) for name in ("normalise", *(place.name for place in model.plan))}
    return {name: name for name in calls}


def _arguments(node: fx.Node) -> list[fx.Node]:
    """All that a call takes, in order; ``all_input_nodes`` would name each only once."""
    found: list[fx.Node] = []

    def note(source: fx.Node) -> fx.Node:
        found.append(source)
        return source

    fx.node.map_arg((node.args, node.kwargs), note)
    return found


_NO_LAYER = {getattr, "size", "dim", "numel", operator.getitem}
"""What puts nothing of its own together: sizes, attributes, items."""


class _Tracer(fx.Tracer):
    """While it traces, torch.fx hands the calls and parameters of all modules to it, also those of other
    threads: these go on undisturbed.

    Two must not trace at once: ``_tracing`` holds the others back.
    """

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.get_ident()

    def call_module(
        self, m: nn.Module, forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if threading.get_ident() != self._thread:
            return forward(*args, **kwargs)
        return super().call_module(m, forward, args, kwargs)

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, fx.Proxy]) -> Any:
        if threading.get_ident() != self._thread:
            return attr_val
        return super().getattr(attr, attr_val, parameter_proxy_cache)

    def is_leaf_module(self, module: nn.Module, qualified_name: str) -> bool:
        if isinstance(module, BlockModule):
            return False
        return (
            isinstance(module, Normalise)
            or not any(True for _ in module.children())
            or super().is_leaf_module(module, qualified_name)
        )


def _use_module(node: fx.Node, modules: dict[str, nn.Module]) -> None:
    """A function that has a module of its own becomes that module, so that every layer can be hooked and
    asked what it is.
    """
    if node.op not in ("call_function", "call_method") or node.target not in FUNCTION_FORMS:
        return
    kind, names = FUNCTION_FORMS[node.target]
    options = dict(zip(names, node.args[1:], strict=False)) | {
        key: value for key, value in node.kwargs.items() if key in names
    }
    name = _scoped(node)
    source = node.args[0] if node.args else node.kwargs["input"]
    place = say("{name} of {name2}", name=name, name2=node.name)
    modules[place] = kind(**{key: value for key, value in options.items() if value is not None})
    node.op, node.target, node.args, node.kwargs = "call_module", place, (source,), {}
    node.meta["cnnviz_name"] = name


def _scoped(node: fx.Node) -> str:
    """The name of a function's call, with the module that calls it: ``layer1.0.add``."""
    stack = list(node.meta.get("nn_module_stack", {}).values())
    scope = str(stack[-1][0]) if stack else ""
    function = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "function")
    function = {"iadd": "add", "imul": "mul"}.get(function.strip("_"), function.strip("_"))
    return f"{scope}.{function}" if scope else function
