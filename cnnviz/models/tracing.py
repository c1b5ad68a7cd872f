"""Finding a network's layers with torch.fx: which calls are layers, and what they are called."""

import operator
import threading
from collections.abc import Callable
from typing import Any

import torch
from torch import fx, nn
from torch.nn import functional

from cnnviz.models.blocks import BlockModule
from cnnviz.models.network import Normalise

_POOL = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")
_AVERAGE = ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad")
_AS_MODULE: dict[Any, tuple[type[nn.Module], tuple[str, ...]]] = {
    **dict.fromkeys((functional.relu, torch.relu, torch.relu_, "relu", "relu_", functional.relu_), (nn.ReLU, ())),
    functional.relu6: (nn.ReLU6, ()),
    functional.leaky_relu: (nn.LeakyReLU, ("negative_slope",)),
    functional.elu: (nn.ELU, ("alpha",)),
    functional.gelu: (nn.GELU, ("approximate",)),
    functional.silu: (nn.SiLU, ()),
    functional.hardswish: (nn.Hardswish, ()),
    functional.hardsigmoid: (nn.Hardsigmoid, ()),
    **dict.fromkeys((torch.sigmoid, functional.sigmoid, "sigmoid"), (nn.Sigmoid, ())),
    **dict.fromkeys((torch.tanh, functional.tanh, "tanh"), (nn.Tanh, ())),
    **dict.fromkeys((functional.max_pool2d, torch.max_pool2d), (nn.MaxPool2d, _POOL)),
    functional.avg_pool2d: (nn.AvgPool2d, _AVERAGE),
    functional.adaptive_avg_pool2d: (nn.AdaptiveAvgPool2d, ("output_size",)),
    functional.dropout: (nn.Dropout, ("p",)),
    **dict.fromkeys((torch.flatten, "flatten"), (nn.Flatten, ("start_dim", "end_dim"))),
    **dict.fromkeys((functional.softmax, torch.softmax, "softmax"), (nn.Softmax, ("dim",))),
}
"""Functions that have a module of their own: the graph uses it, so that every layer can be hooked and asked what it is."""
NO_LAYER = {getattr, "size", "dim", "numel", operator.getitem}
"""What puts nothing of its own together: sizes, attributes, items."""


class Tracer(fx.Tracer):
    """While it traces, torch.fx hands the calls and parameters of all modules to it, also those of other threads: these go on undisturbed.

    Two must not trace at once.
    """

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.get_ident()

    def call_module(self, m: nn.Module, forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
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
        return isinstance(module, Normalise) or not any(True for _ in module.children()) or super().is_leaf_module(module, qualified_name)


def use_module(node: fx.Node, modules: dict[str, nn.Module]) -> None:
    if node.op not in ("call_function", "call_method") or node.target not in _AS_MODULE:
        return
    kind, names = _AS_MODULE[node.target]
    options = dict(zip(names, node.args[1:], strict=False)) | {key: value for key, value in node.kwargs.items() if key in names}
    name = scoped(node)
    source = node.args[0] if node.args else node.kwargs["input"]
    place = f"{name} of {node.name}"
    modules[place] = kind(**{key: value for key, value in options.items() if value is not None})
    node.op, node.target, node.args, node.kwargs = "call_module", place, (source,), {}
    node.meta["cnnviz_name"] = name


def scoped(node: fx.Node) -> str:
    """The name of a function's call, with the module that calls it: ``layer1.0.add``."""
    stack = list(node.meta.get("nn_module_stack", {}).values())
    scope = str(stack[-1][0]) if stack else ""
    function = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "function")
    function = {"iadd": "add", "imul": "mul"}.get(function.strip("_"), function.strip("_"))
    return f"{scope}.{function}" if scope else function
