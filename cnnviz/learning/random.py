"""Random numbers that Python and the browser draw alike."""

from collections.abc import Callable, Iterator

Random = Callable[[], float]
_WIDTH, _MASK = 256, 255
_DIGITS, _LIMIT = 2**52, 2**53


def random_from(seed: str) -> Random:
    """Numbers in [0, 1), always the same for a seed: ARC4 keyed by the seed's text, 52 bits a number.

    This is the published algorithm of ``Math.seedrandom(seed)`` (David Bau), which TensorFlow Playground
    uses; so its links give the same points and the same first weights here.
    """
    draw = _bytes(_key(seed))
    for _ in range(_WIDTH):  # the beginning of ARC4 is thrown away
        next(draw)

    def number(count: int) -> int:
        value = 0
        for _ in range(count):
            value = value * _WIDTH + next(draw)
        return value

    def random() -> float:
        above, below, last = float(number(6)), float(_WIDTH**6), 0
        while above < _DIGITS:
            above, below, last = (above + last) * _WIDTH, below * _WIDTH, number(1)
        while above >= _LIMIT:
            above, below, last = above / 2, below / 2, last >> 1
        return (above + last) / below

    return random


def _key(seed: str) -> list[int]:
    key: list[int] = []
    smear = 0
    letters = seed.encode("utf-16-le")
    for place in range(len(letters) // 2):
        code = int.from_bytes(letters[2 * place : 2 * place + 2], "little")
        at = place & _MASK
        smear ^= (key[at] if at < len(key) else 0) * 19
        value = _MASK & (smear + code)
        if at < len(key):
            key[at] = value
        else:
            key.append(value)
    return key or [0]


def _bytes(key: list[int]) -> Iterator[int]:
    state, j = list(range(_WIDTH)), 0
    for i in range(_WIDTH):
        j = _MASK & (j + key[i % len(key)] + state[i])
        state[i], state[j] = state[j], state[i]
    i = j = 0
    while True:
        i = _MASK & (i + 1)
        j = _MASK & (j + state[i])
        state[i], state[j] = state[j], state[i]
        yield state[_MASK & (state[i] + state[j])]


def shuffle(values: list[object] | list[int], random: Random) -> None:
    """In place: Fisher and Yates, from the end."""
    for last in range(len(values) - 1, -1, -1):
        other = int(random() * (last + 1))
        values[last], values[other] = values[other], values[last]  # type: ignore[call-overload]
