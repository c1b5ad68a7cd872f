"""Weights, dropout and augmentation drawn from a generator of one's own: torch's modules know only the one that all threads
share.
"""

from typing import Any

import torch
from torch import Generator, Tensor
from torch.nn import functional, init
from torch.overrides import TorchFunctionMode

_DRAWS = {
    Tensor.uniform_,
    Tensor.normal_,
    Tensor.bernoulli_,
    init.uniform_,
    init.normal_,
    init.kaiming_uniform_,
    torch.rand,
    torch.randint,
    torch.randperm,
    torch._sample_dirichlet,
}
"""What fills weights, and what the transforms of torchvision draw. The rest of ``torch.nn.init`` is made of these."""


class drawing_from(TorchFunctionMode):  # noqa: N801  # used as ``with drawing_from(generator):``
    """Within ``with drawing_from(generator):`` new modules and dropout draw from this generator; the shared
    one stays as it is.

    The numbers are to the bit those that ``torch.manual_seed`` with the generator's seed gives on a CPU.
    Other threads notice nothing.
    """

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func is functional.dropout:
            return self._dropout(*args, **kwargs)
        if func in _DRAWS and kwargs.get("generator") is None:
            kwargs = {**kwargs, "generator": self.generator}
        return func(*args, **kwargs)

    def _dropout(
        self, values: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
    ) -> Tensor:
        if not training or p == 0:
            return values
        kept = torch.empty_like(values).bernoulli_(1 - p, generator=self.generator)
        kept = kept.div_(1 - p) if p < 1 else kept
        return values.mul_(kept) if inplace else values * kept
