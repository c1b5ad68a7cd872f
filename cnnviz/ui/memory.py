"""Results kept for whoever asks next: in class, thirty browsers show the same state at the same moment."""

import functools
import hashlib
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

import numpy as np
from PIL.Image import Image
from torch import Tensor, nn
from torch.utils.weak import WeakTensorKeyDictionary

from cnnviz.settings import settings

Result = TypeVar("Result")

_MISSING = object()
_lock = threading.Lock()
_results: OrderedDict[Hashable, Any] = OrderedDict()
_sizes: dict[Hashable, int] = {}
_total = 0
_being_made: dict[Hashable, threading.Event] = {}


def remember(key: Hashable, make: Callable[..., Result], *arguments: Any) -> Result:
    """``make(*arguments)``, or what it gave for the same key before. Nobody may change the result.

    However many ask at once, it is computed once. Two functions never share a result, whatever their keys are.

    Args:
        key: all that the result depends on, beginning with a name of its own; tensors through ``digest``.
    """
    whole = place_of(make), key
    while (found := recall(whole, _MISSING)) is _MISSING:
        with _lock:
            done = _being_made.get(whole)
            mine = done is None
            if done is None:
                done = _being_made[whole] = threading.Event()
        if not mine:
            # If the other one fails, the result is still missing, and this thread makes it.
            done.wait()
            continue
        try:
            found = make(*arguments)
            keep(whole, found)
            break
        finally:
            with _lock:
                del _being_made[whole]
            done.set()
    result: Result = found
    return result


def place_of(make: Callable[..., Any]) -> Hashable:
    """Where a function is written: all that tells a page's small functions apart, which are new ones at each run."""
    while isinstance(make, functools.partial):
        make = make.func
    code = getattr(make, "__code__", None)
    if code is None:
        return getattr(make, "__module__", ""), getattr(make, "__qualname__", type(make).__qualname__)
    return code.co_filename, code.co_firstlineno, code.co_qualname


def recall(key: Hashable, missing: Any) -> Any:
    """What is kept for the key, or ``missing``."""
    with _lock:
        if key not in _results:
            return missing
        _results.move_to_end(key)
        return _results[key]


def keep(key: Hashable, result: Any) -> None:
    """Keeps a result. Where all together are larger than the setting ``cache_bytes``, those not asked for longest go."""
    global _total
    size = size_of(result)
    most = settings().cache_bytes
    with _lock:
        _total += size - _sizes.get(key, 0)
        _results[key], _sizes[key] = result, size
        _results.move_to_end(key)
        while _total > most and len(_results) > 1:
            oldest, _ = _results.popitem(last=False)
            _total -= _sizes.pop(oldest)


def kept_bytes() -> int:
    """The size of all that is kept."""
    return _total


_OF_A_NETWORK = 150_000
"""Bytes of the Python objects of a small network, its graph and its folded form, as measured; its weights come on top."""


def size_of(result: Any) -> int:
    """Bytes that a result holds in memory: tensors by their storage, each storage once, and all objects inside; or what it says itself (``nbytes``)."""
    return _size(result, set())


def _size(value: Any, seen: set[int]) -> int:
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return sys.getsizeof(value)
    if id(value) in seen:
        return 0
    seen.add(id(value))
    if isinstance(value, Tensor):
        storage = value.untyped_storage()
        if storage.data_ptr() in seen:
            return 0
        seen.add(storage.data_ptr())
        return storage.nbytes() + 100
    if isinstance(value, np.ndarray):
        return int(value.nbytes if value.base is None else _size(value.base, seen)) + 100
    if isinstance(value, Image):
        return value.width * value.height * len(value.getbands()) + 100
    if isinstance(value, nn.Module):
        weights = sum(_size(tensor, seen) for tensor in (*value.parameters(), *value.buffers()))
        return _OF_A_NETWORK + 2 * weights
    if isinstance(value, Mapping):
        return sys.getsizeof(value) + sum(_size(name, seen) + _size(one, seen) for name, one in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return sys.getsizeof(value) + sum(_size(one, seen) for one in value)
    if isinstance(known := getattr(value, "nbytes", None), int):
        return known
    if is_dataclass(value):
        return 100 + sum(_size(getattr(value, field.name), seen) for field in fields(value))
    return sys.getsizeof(value)


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
