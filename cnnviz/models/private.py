"""Copies of modules that share weights and nothing else: no hooks, no mode, nothing in place."""

import copy
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from torch import Tensor, nn


class _ClippedReLU(nn.ReLU6, nn.ReLU):
    """ReLU6 that whoever looks for ReLUs finds, such as guided backpropagation."""


_HOOKS = (
    "_forward_hooks", "_forward_hooks_with_kwargs", "_forward_hooks_always_called", "_forward_pre_hooks", "_forward_pre_hooks_with_kwargs",
    "_backward_hooks", "_backward_pre_hooks",
)  # fmt: skip


def private(module: nn.Module) -> nn.Module:
    """A copy that shares the weights but neither hooks nor mode, and does not work in place."""
    twin = copy.copy(module)
    for name in _HOOKS:
        own = {key: hook for key, hook in getattr(module, name).items() if type(hook).__module__.startswith("torch.nn.utils")}
        twin.__dict__[name] = type(getattr(module, name))(own)
    twin.__dict__["_modules"] = {name: None if child is None else private(child) for name, child in module._modules.items()}
    twin.training = False
    if type(twin) is nn.ReLU6:
        twin.__class__ = _ClippedReLU
    if getattr(twin, "inplace", False):
        twin.inplace = False  # type: ignore[assignment]
    return twin


def twins(module: nn.Module) -> nn.Module:
    """A module with private copies of all children: hooks on the one are not heard by the other."""
    body = nn.Module()
    for name, child in module.named_children():
        body.add_module(name, private(child))
    for name, value in (*module._buffers.items(), *module._parameters.items()):
        setattr(body, name, value)
    for name, value in vars(module).items():
        if isinstance(value, Tensor):
            setattr(body, name, value)
    return body


Function = TypeVar("Function", bound=Callable[..., Any])
_TAKES_IMAGES = inspect.Signature([inspect.Parameter("images", inspect.Parameter.POSITIONAL_OR_KEYWORD)])


def signed(function: Function) -> Function:
    """Writes down that it takes images: Captum asks at each call, and finding out costs a tenth of a small network's pass."""
    function.__signature__ = _TAKES_IMAGES  # type: ignore[attr-defined]
    return function
