"""Results kept for whoever asks next: in class, thirty browsers show the same state at the same moment."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from torch import Tensor, nn
from torch.utils.weak import WeakTensorKeyDictionary

Result = TypeVar("Result")
MOST = 400
"""Results kept in all sessions together; the one that was not asked for longest goes first."""
MOST_BYTES = 600_000_000
"""Their size in memory, tensors, arrays and pictures counted."""

_MISSING = object()
_lock = threading.Lock()
_results: OrderedDict[Hashable, Any] = OrderedDict()
_sizes: dict[Hashable, int] = {}
_total = 0


def remember(key: Hashable, make: Callable[..., Result], *arguments: Any) -> Result:
    """``make(*arguments)``, or what it gave for the same key before. Nobody may change the result.

    Args:
        key: all that the result depends on, beginning with a name of its own; tensors through ``digest``.
    """
    found = recall(key, _MISSING)
    if found is _MISSING:
        found = make(*arguments)
        keep(key, found)
    result: Result = found
    return result


def recall(key: Hashable, missing: Any) -> Any:
    """What is kept for the key, or ``missing``."""
    with _lock:
        if key not in _results:
            return missing
        _results.move_to_end(key)
        return _results[key]


def keep(key: Hashable, result: Any) -> None:
    """Keeps a result; if there are too many, the one that was not asked for longest goes."""
    global _total
    size = _bytes(result)
    with _lock:
        _total += size - _sizes.get(key, 0)
        _results[key], _sizes[key] = result, size
        _results.move_to_end(key)
        while len(_results) > MOST or (_total > MOST_BYTES and len(_results) > 1):
            oldest, _ = _results.popitem(last=False)
            _total -= _sizes.pop(oldest)


def _bytes(result: Any) -> int:
    if isinstance(result, Tensor):
        return result.numel() * result.element_size()
    if isinstance(result, nn.Module):
        return sum(map(_bytes, (*result.parameters(), *result.buffers())))
    if isinstance(result, bytes | str):
        return len(result)
    if isinstance(result, Mapping):
        return sum(map(_bytes, result.values()))
    if isinstance(result, list | tuple):
        return sum(map(_bytes, result))
    if is_dataclass(result):
        return sum(_bytes(getattr(result, field.name)) for field in fields(result))
    return 100


_digests: WeakTensorKeyDictionary = WeakTensorKeyDictionary()


def digest(values: Tensor) -> str:
    """A name for a tensor's shape and values, made once for each tensor: nobody may change it afterwards."""
    known: str | None = _digests.get(values)
    if known is None:
        known = _digests[values] = _digest(values)
    return known


def _digest(values: Tensor) -> str:
    content = values.detach().contiguous().numpy()
    return hashlib.blake2b(content.tobytes(), digest_size=12).hexdigest() + "x".join(map(str, values.shape)) + str(values.dtype)
