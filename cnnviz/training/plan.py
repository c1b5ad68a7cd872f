"""Which steps of a run are logged, validated and kept: dense at the start, where everything changes, sparse
later.
"""

SNAPSHOTS = 120
DENSE = 24
RECORDS = 400


def spread(total: int, most: int, dense: int) -> frozenset[int]:
    """0 to ``dense``, then steps growing geometrically up to ``total``: at most ``most`` in all, first and
    last included.
    """
    first = range(min(dense, total) + 1)
    if total <= most - 1:
        return frozenset(range(total + 1))
    rest = most - len(first)
    ratio = (total / dense) ** (1 / rest)
    return (
        frozenset(first)
        | {min(total, max(dense + i, round(dense * ratio**i))) for i in range(1, rest)}
        | {total}
    )


def snapshot_steps(total: int) -> frozenset[int]:
    return spread(total, SNAPSHOTS, DENSE)


def record_steps(total: int) -> frozenset[int]:
    """Steps with a line of metrics: every step at first, then evenly spaced, about 400 in all."""
    every = max(1, total // RECORDS)
    return frozenset(range(min(DENSE, total) + 1)) | frozenset(range(0, total + 1, every)) | {total}


def validation_steps(total: int, count: int) -> frozenset[int]:
    """Step 0, three early ones, then ``count`` evenly spaced up to the last."""
    early = {0, *(round(total * share) for share in (0.01, 0.025, 0.05))}
    return frozenset(early) | {round(total * (i + 1) / count) for i in range(count)}
