"""Results kept for whoever asks next: in class, thirty browsers show the same state at the same moment."""

import hashlib
import itertools
import os
import sys
import threading
import time
import weakref
from array import array
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from pathlib import PurePath
from types import BuiltinFunctionType, FunctionType
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from PIL.Image import Image
from torch import Tensor, nn
from torch.utils.weak import WeakTensorKeyDictionary

from cnnviz.figures.colours import note_palette, noticing_colours, palette_in_use
from cnnviz.settings import settings
from cnnviz.words import language

Result = TypeVar("Result")

_MISSING = object()
UNTOLD = 1e-6
"""Seconds a byte, where nobody knows: a second for a megabyte."""
LEAST_SECONDS = 1e-3
"""What is asked for and made anew takes so long in any case."""
_SAYING = (
    f"{os.sep}pages{os.sep}",
    f"{os.sep}cnnviz{os.sep}ui{os.sep}",
    f"{os.sep}cnnviz{os.sep}figures{os.sep}",
)
"""Rooms whose functions say something in the language of whoever looks, so that this language names their results too."""
_lock = threading.Lock()
_ROOM = 0.1
"""Share of the budget that is freed at once, so that it is seldom to be done."""
_OF_A_KEY = 1000
"""Bytes of what names a result, as measured."""


class Key:
    """What names a result; its parts, which may be many, are hashed once."""

    __slots__ = ("_hash", "_parts")

    def __init__(self, *parts: Hashable) -> None:
        self._parts = parts
        self._hash = hash(parts)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Key) and self._hash == other._hash and self._parts == other._parts


@dataclass(frozen=True, slots=True)
class _Kept:
    """A result, its bytes, and the seconds a byte that it would take to make again."""

    result: Any
    bytes: int
    worth: float


_kept: OrderedDict[Hashable, _Kept] = OrderedDict()
"""What was asked for last stands last."""
_total = 0
_being_made: dict[Hashable, threading.Event] = {}


class _Coloured:
    """Stands for a result that is another one in each palette."""


_COLOURED = _Coloured()


def remember(function: Callable[..., Result], *arguments: Any, **named: Any) -> Result:
    """``function(*arguments, **named)``, or what it gave for the same arguments before. Nobody may change the
    result.

    However many ask at once, it is computed once. The same arguments are those of the same content, see
    ``content``; ``progress``, which is called while it is computed, is none of them. Where the function asks for
    colours, its result is kept for the palette in use.

    Raises:
        TypeError: the function is a lambda or uses names of the function around it, so that what it gives
            depends on more than its arguments; or an argument has no content that can be compared.
    """
    whole = key_of(function, arguments, named)
    asked = _in_palette(whole)
    while (found := recall(whole, _MISSING)) is _MISSING:
        with _lock:
            if _found(whole, _MISSING)[0] is not _MISSING:
                continue
            done = _being_made.get(asked)
            mine = done is None
            if done is None:
                done = _being_made[asked] = threading.Event()
        if not mine:
            # If the other one fails, the result is still missing, and this thread makes it.
            done.wait()
            continue
        try:
            found = make_and_keep(whole, lambda: function(*arguments, **named))
            break
        finally:
            with _lock:
                del _being_made[asked]
            done.set()
    result: Result = found
    return result


def make_and_keep(key: Hashable, make: Callable[[], Result]) -> Result:
    """What ``make`` gives, kept for the key; for the palette in use, if colours were asked for."""
    begun = time.thread_time()
    with noticing_colours() as asked:
        found = make()
    seconds = time.thread_time() - begun
    if isinstance(found, nn.Module):
        _made[found] = key, _state_of(found)
    if asked.colours:
        keep(key, _COLOURED)
        key = _in_palette(key)
    keep(key, found, seconds)
    return found


def _in_palette(key: Hashable) -> Hashable:
    return Key("palette", palette_in_use(), key)


def remembered(function: Callable[..., Result], *arguments: Any, **named: Any) -> Result | None:
    """What ``remember`` would give without computing it; ``None`` where it is not there."""
    found: Result | None = recall(key_of(function, arguments, named), None)
    return found


def forget(function: Callable[..., Any], *arguments: Any, **named: Any) -> None:
    """What ``remember`` keeps of it holds no more: what it had written somewhere has gone."""
    with _lock:
        _forget(key_of(function, arguments, named))


def key_of(function: Callable[..., Any], arguments: tuple[Any, ...], named: Mapping[str, Any]) -> Hashable:
    """What names a result: where the function is written, and the content of its arguments. Raises TypeError
    as ``remember`` does.
    """
    told = {name: value for name, value in named.items() if name != "progress"}
    return Key(_named(function), content(arguments), content(told))


def _named(function: Callable[..., Any]) -> Hashable:
    """Where a function is written: a page's functions are made anew at each run, and are the same ones."""
    if isinstance(function, BuiltinFunctionType | type):
        return function.__module__, function.__qualname__
    if (
        not isinstance(function, FunctionType)
        or function.__name__ == "<lambda>"
        or function.__code__.co_freevars
    ):
        raise TypeError(
            f"{function!r} cannot be remembered: what it gives depends on more than its arguments. "
            "Write a function with a name, and give it all that it needs."
        )
    code = function.__code__
    says = any(room in code.co_filename for room in _SAYING)
    return (
        language() if says else "",
        code.co_filename,
        code.co_firstlineno,
        code.co_qualname,
        content(function.__defaults__),
        content(function.__kwdefaults__),
    )


class HasContent(Protocol):
    """What names its own content, because it is known shorter than by all its parts."""

    def cache_key(self) -> Hashable: ...


_PLAIN = (bool, int, float, complex, str, bytes, PurePath, Enum, range, type(None))
_BY_ITSELF = frozenset((bool, int, str, bytes, type(None)))
"""Types whose values are equal where their content is, but to values of another of them; most arguments are such."""


def content(value: Any) -> Hashable:
    """A key that is equal for values of the same type and content, and for no others.

    Plain values, containers (also the order of a mapping counts) and dataclasses of them, arrays and pictures
    by what is in them; tensors by ``digest``; a network that ``remember`` gave by what it was made of, as
    long as nobody changes it, else by which object it is, its parts, their mode, and what was written into their
    weights; functions by where they are written; anything else by its own method
    ``cache_key()``.

    Raises:
        TypeError: the value has none of these.
    """
    kind = type(value)
    if kind in _BY_ITSELF:
        return kind, value
    name = kind.__module__, kind.__qualname__
    if isinstance(value, _PLAIN):
        # 1, 1.0 and True are equal to Python, and so are 0.0 and -0.0; NaN is not equal to itself.
        return name, repr(value) if isinstance(value, float | complex) else value
    if isinstance(value, Tensor):
        return "tensor", digest(value)
    if (own := getattr(value, "cache_key", None)) is not None:
        return name, own()
    if isinstance(value, tuple | list):
        kinds = set(map(type, value))
        # Long lists of one plain type at once; floats by their bits, for 0.0 is equal to -0.0.
        if kinds == {float}:
            return name, "floats", array("d", value).tobytes()
        if kinds == {int} or kinds == {str}:
            return name, kinds.pop().__name__, tuple(value)
        return name, tuple(map(content, value))
    if isinstance(value, Mapping):
        return "mapping", tuple((content(key), content(one)) for key, one in value.items())
    if isinstance(value, set | frozenset):
        return "set", frozenset(map(content, value))
    if isinstance(value, slice):
        return "slice", content((value.start, value.stop, value.step))
    if isinstance(value, nn.Module):
        return _network(value)
    if is_dataclass(value) and not isinstance(value, type):
        return name, tuple([content(getattr(value, part)) for part in _parts_of(kind)])
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        return "array", value.shape, str(value.dtype), _hash(np.ascontiguousarray(value).tobytes())
    if isinstance(value, Image):
        return "picture", value.mode, value.size, tuple(value.getpalette() or ()), _hash(value.tobytes())
    if isinstance(value, FunctionType | BuiltinFunctionType | type):
        return _named(value)
    raise TypeError(
        f"{value!r:.80} ({kind.__qualname__}) has no content that can be compared. "
        "Give its class a method cache_key(), or hand over what is needed of it."
    )


_parts: "weakref.WeakKeyDictionary[type, tuple[str, ...]]" = weakref.WeakKeyDictionary()


def _parts_of(kind: type[Any]) -> tuple[str, ...]:
    """The names of a dataclass's fields; a page's classes are made anew at each run, and go again."""
    known = _parts.get(kind)
    if known is None:
        known = _parts[kind] = tuple(field.name for field in fields(kind))
    return known


_networks: "weakref.WeakKeyDictionary[nn.Module, int]" = weakref.WeakKeyDictionary()
_numbers = itertools.count()
_made: "weakref.WeakKeyDictionary[nn.Module, tuple[Hashable, Hashable]]" = weakref.WeakKeyDictionary()
"""Network -> what names the result that it is, and its state when it was made."""


def _network(network: nn.Module) -> Hashable:
    state = _state_of(network)
    made = _made.get(network)
    if made is not None and made[1] == state:
        # Made anew after it was dropped, it is the same one to all that was computed with it.
        return "made", made[0]
    number = _networks.get(network)
    if number is None:
        number = _networks[network] = next(_numbers)
    return "network", number, state


def _state_of(network: nn.Module) -> Hashable:
    """Its parts, their mode, and what was written into their weights, as one name: the parts of a large network
    would fill more memory than most results.
    """
    state = array("Q")
    # By hand, as torch's own way through the parts takes longer than all the rest.
    parts: list[nn.Module | None] = [network]
    seen = set[int]()
    while parts:
        part = parts.pop()
        if part is None or id(part) in seen:
            continue
        seen.add(id(part))
        state.append(id(part))
        state.append(part.training)
        parts.extend(part._modules.values())
        for held in (part._parameters, part._buffers):
            for tensor in held.values():
                if tensor is not None:
                    state.extend(_version(tensor))
    return _hash(state.tobytes())


def _version(tensor: Tensor) -> tuple[int, int]:
    """Another one after each write that torch counts; a write through ``.data``, or in inference mode, it
    does not count.
    """
    try:
        return tensor.data_ptr(), tensor._version
    except RuntimeError:
        # A tensor of inference mode counts none.
        return tensor.data_ptr(), 0


def recall(key: Hashable, missing: Any) -> Any:
    """What is kept for the key, or ``missing``."""
    with _lock:
        found, coloured = _found(key, missing)
    if coloured:
        note_palette()
    return found


def _found(key: Hashable, missing: Any) -> tuple[Any, bool]:
    """What is kept for the key, and whether it is so in the palette in use alone; under the lock."""
    kept = _kept.get(key)
    if kept is None:
        return missing, False
    _kept.move_to_end(key)
    if isinstance(kept.result, _Coloured):
        return _found(_in_palette(key), missing)[0], True
    return kept.result, False


def keep(key: Hashable, result: Any, seconds: float | None = None) -> None:
    """Keeps a result. Where all together are larger than the setting ``cache_bytes``, some go: of the half that
    was not asked for longest, those that are made again soonest for the room they take.

    Args:
        seconds: how long it takes to make it again; ``None``: it cannot be told.
    """
    global _total
    size = size_of(result) + _OF_A_KEY
    worth = UNTOLD if seconds is None else (seconds + LEAST_SECONDS) / size
    most = settings().cache_bytes
    with _lock:
        _forget(key)
        _kept[key] = _Kept(result, size, worth)
        _total += size
        gone = _make_room(most)
    # Freed when nobody waits for the lock any more.
    gone.clear()


def _make_room(most: int) -> list[_Kept | None]:
    """Where it is more than ``most``: forgets until there is room again, and gives what was forgotten; under
    the lock.
    """
    gone = list[_Kept | None]()
    while _total > most and len(_kept) > 1:
        older = itertools.islice(_kept.items(), len(_kept) // 2)
        for key, _ in sorted(older, key=lambda item: item[1].worth):
            gone.append(_forget(key))
            if _total <= (1 - _ROOM) * most:
                break
    return gone


def _forget(key: Hashable) -> _Kept | None:
    """Gives what was kept; under the lock."""
    global _total
    kept = _kept.pop(key, None)
    if kept is not None:
        _total -= kept.bytes
    return kept


def kept_bytes() -> int:
    """The size of all that is kept."""
    return _total


_OF_A_NETWORK = 150_000
"""Bytes of the Python objects of a small network, its graph and its folded form, as measured; its weights
come on top.
"""


def size_of(result: Any) -> int:
    """Bytes that a result holds in memory: tensors by their storage, each storage once, and all objects
    inside; or what it says itself (``nbytes``).
    """
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
    """A name for a tensor's shape, type and values, made once for as long as nobody writes into it."""
    version = _version(values)
    known: tuple[tuple[int, int], str] | None = _digests.get(values)
    if known is None or known[0] != version:
        inside = _bytes_of(values)
        known = _digests[values] = (
            version,
            _hash(inside) + "x".join(map(str, values.shape)) + str(values.dtype),
        )
    return known[1]


def _bytes_of(values: Tensor) -> bytes:
    if type(values) is Tensor and values.device.type == "cpu" and not values.requires_grad:
        try:
            return values.numpy().tobytes()
        except (TypeError, RuntimeError):
            pass  # a type that NumPy does not have
    return values.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()


def _hash(inside: bytes) -> str:
    return hashlib.blake2b(inside, digest_size=16).hexdigest()
