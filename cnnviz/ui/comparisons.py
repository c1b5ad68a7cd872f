"""What several trainings came to, in words and tables: the same on all pages."""

from collections.abc import Sequence

from cnnviz.training.outcomes import Outcome, Spread
from cnnviz.ui.outside import plain


def percent(spread: Spread) -> str:
    """Mean and range in percent."""
    return f"**{spread.mean:.1%}** ({spread.low:.1%} to {spread.high:.1%})"


def compared(found: Sequence[Outcome]) -> str:
    """The best and the worst on the test images, and whether the seeds tell them apart."""
    best, worst = (choose(found, key=lambda one: one.accuracy.mean) for choose in (max, min))
    words = f"Best on the test images: **{plain(best.title)}**, {best.accuracy.mean:.1%}; last: **{plain(worst.title)}**, {worst.accuracy.mean:.1%}. "
    if len(found) == 1 or min(len(best.courses), len(worst.courses)) < 2:
        return f"{words}One seed cannot tell whether that is chance: train several."
    sure = best.accuracy.low > worst.accuracy.high
    return words + (
        "Every seed of the first beats every seed of the last: the difference is larger than the spread."
        if sure
        else "Their seeds overlap, so this difference may be chance."
    )


def beside_the_best(found: Sequence[Outcome]) -> str:
    """Which others could be as good as the best: their seeds overlap with its own."""
    best = max(found, key=lambda one: one.accuracy.mean)
    near = [one.title for one in found if one is not best and one.accuracy.high >= best.accuracy.low]
    if not near or len(best.courses) < 2:
        return ""
    return f"Not to be told apart from {plain(best.title)} by these seeds: {plain(', '.join(near))}."
