"""What several trainings came to, in words and tables: the same on all pages."""

from collections.abc import Sequence

from cnnviz.training.outcomes import Outcome, Spread
from cnnviz.ui.outside import plain
from cnnviz.words import _


def percent(spread: Spread) -> str:
    """Mean and range in percent."""
    return _("**{mean:.1%}** ({low:.1%} to {high:.1%})", mean=spread.mean, low=spread.low, high=spread.high)


def compared(found: Sequence[Outcome]) -> str:
    """The best and the worst on the test images, and whether the seeds tell them apart."""
    best, worst = (choose(found, key=lambda one: one.accuracy.mean) for choose in (max, min))
    words = _(
        "Best on the test images: **{title}**, {mean:.1%}; last: **{title2}**, {mean2:.1%}. ",
        title=plain(_(best.title)),
        mean=best.accuracy.mean,
        title2=plain(_(worst.title)),
        mean2=worst.accuracy.mean,
    )
    if len(found) == 1 or min(len(best.courses), len(worst.courses)) < 2:
        return _("{words}One seed cannot tell whether that is chance: train several.", words=words)
    sure = best.accuracy.low > worst.accuracy.high
    return words + (
        _("Every seed of the first beats every seed of the last: the difference is larger than the spread.")
        if sure
        else _("Their seeds overlap, so this difference may be chance.")
    )


def beside_the_best(found: Sequence[Outcome]) -> str:
    """Which others could be as good as the best: their seeds overlap with its own."""
    best = max(found, key=lambda one: one.accuracy.mean)
    near = [_(one.title) for one in found if one is not best and one.accuracy.high >= best.accuracy.low]
    if not near or len(best.courses) < 2:
        return ""
    return _(
        "Not to be told apart from {title} by these seeds: {near}.",
        title=plain(_(best.title)),
        near=plain(", ".join(map(_, near))),
    )
