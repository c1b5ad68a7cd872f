"""Copies of modules that share weights and nothing else: no hooks, no mode, nothing in place."""

from torch import Tensor, nn


class _ClippedReLU(nn.ReLU6, nn.ReLU):
    """ReLU6 that whoever looks for ReLUs finds, such as guided backpropagation."""


_HOOKS = (
    "_forward_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_forward_pre_hooks",
    "_forward_pre_hooks_with_kwargs",
    "_backward_hooks",
    "_backward_pre_hooks",
)


def private(module: nn.Module) -> nn.Module:
    """A copy that shares the weights but neither hooks nor mode, and does not work in place."""
    if type(module) is nn.ReLU6:
        return _ClippedReLU().eval()
    # ``copy.copy`` would refuse modules whose weights are made (torch.nn.utils.parametrize).
    twin = type(module).__new__(type(module))
    twin.__dict__.update(module.__dict__)
    for name in _HOOKS:
        own = {
            key: hook
            for key, hook in getattr(module, name).items()
            if type(hook).__module__.startswith("torch.nn.utils")
        }
        twin.__dict__[name] = type(getattr(module, name))(own)
    twin.__dict__["_modules"] = {
        name: None if child is None else private(child) for name, child in module._modules.items()
    }
    twin.training = False
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
