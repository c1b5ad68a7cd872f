"""The skewed sample on the page of data sets: the bundled result, its words, and one's own race."""

from collections.abc import Sequence

import streamlit as st

from cnnviz.figures import recall_by_class
from cnnviz.training import ACTIVE
from cnnviz.training.bias import BALANCED, SKEWED, Bias, Recalls, bias_result, bias_training
from cnnviz.training.outcomes import OF_SEED, Spread
from cnnviz.ui.charts import chart
from cnnviz.ui.comparisons import percent
from cnnviz.ui.outside import plain
from cnnviz.ui.race import Result, race
from cnnviz.ui.states.datasets import Datasets
from cnnviz.ui.tables import folded_table
from cnnviz.words import _


def bias_words(about: Bias) -> str:
    """What came out, from its numbers."""
    skewed, balanced = (about.found[title] for title in (SKEWED, BALANCED))
    places = [about.classes.index(name) for name in about.rare]
    failed = _(" and ").join(
        _(
            "**{mean:.0%}** of the class {class_name} (balanced: {mean2:.0%})",
            mean=skewed.by_class[place].mean,
            class_name=plain(about.classes[place]),
            mean2=balanced.by_class[place].mean,
        )
        for place in places
    )
    lost = balanced.accuracy.mean - skewed.accuracy.mean
    worst = max(balanced.by_class[place].mean - skewed.by_class[place].mean for place in places)
    return _(
        "The network that learned from the skewed sample recognises {failed}. "
        "Its accuracy over all images is {mean:.1%} against {mean2:.1%}: "
        "the mean lost {lost:.0f} percentage points, and one class lost {worst:.0f}. "
        "So look at the recall of each class, and not at the accuracy alone.",
        failed=failed,
        mean=skewed.accuracy.mean,
        mean2=balanced.accuracy.mean,
        lost=100 * lost,
        worst=100 * worst,
    )


def recall_rows(
    classes: Sequence[str], rare: Sequence[str], skewed: Sequence[Spread], balanced: Sequence[Spread]
) -> list[dict[str, str]]:
    """A row a class, the largest loss first."""
    rows = sorted(zip(classes, skewed, balanced, strict=True), key=lambda row: row[1].mean - row[2].mean)
    return [
        {
            _("Class"): _("{name} (few images)", name=name) if name in rare else name,
            _("Recall, skewed sample"): percent(here),
            _("Recall, balanced sample"): percent(there),
            _("Difference"): _("{mean:+.1f} points", mean=100 * (here.mean - there.mean)),
        }
        for name, here, there in rows
    ]


def show_recalls(
    key: str, classes: Sequence[str], rare: Sequence[str], skewed: Recalls, balanced: Recalls
) -> None:
    """The chart and the table."""
    words = "; ".join(
        _("{name} {mean:.0%} and {mean2:.0%}", name=name, mean=here.mean, mean2=there.mean)
        for name, here, there in zip(classes, skewed.by_class, balanced.by_class, strict=True)
    )
    found = {SKEWED: skewed.by_class, BALANCED: balanced.by_class}
    chart(
        key,
        _("Recall of each class, skewed and balanced: {words}", words=words),
        recall_by_class,
        classes,
        found,
    )
    folded_table(
        _("The numbers"),
        f"numbers_{key}",
        lambda: recall_rows(classes, rare, skewed.by_class, balanced.by_class),
    )


def show_bias() -> None:
    """The bundled result."""
    about = bias_result()
    left, right = st.columns([2, 3], gap="medium")
    with left:
        st.markdown(
            _(
                "Two networks of the same kind learned clothes from **{images:,} images** each. One sample is balanced; the other has "
                "only {percent} % of the images of {rare}. {seeds} seeds each.",
                images=about.images,
                percent=about.percent,
                rare=_(" and ").join(about.rare),
                seeds=about.seeds,
            )
        )
        st.markdown(bias_words(about))
    with right:
        show_recalls("bias", about.classes, about.rare, about.found[SKEWED], about.found[BALANCED])


def race_of_samples() -> None:
    """One's own skewed sample against a balanced one."""
    classes = bias_result().classes
    rare = Datasets.rare.draw()
    left, right, __ = st.columns([1, 1, 2])
    part, seeds = Datasets.rare_percent.draw(left), Datasets.seeds.draw(right)
    runs = {
        f"{title}{OF_SEED}{seed}": bias_training(title, seed, rare, part)
        for title in (SKEWED, BALANCED)
        for seed in range(seeds if rare else 0)
    }
    what = _("Few images of {rare}: {part} %", rare=", ".join(rare), part=part)
    results = race(Datasets.race, what, runs, label=_("Train {count} networks", count=len(runs)))
    samples = {title: _recalls(results, title) for title in (SKEWED, BALANCED)}
    skewed, balanced = samples[SKEWED], samples[BALANCED]
    if skewed and balanced:
        given = next(one.run.spec.rare for one in results if one.title.startswith(SKEWED))
        show_recalls("own_bias", classes, given, skewed, balanced)


def _recalls(results: Sequence[Result], title: str) -> Recalls | None:
    """Of the runs of one sample, once all have ended."""
    found = []
    for result in results:
        if not result.title.startswith(title):
            continue
        measured = [one.confusion for one in result.run.metrics() if one.confusion]
        if not measured or result.run.state in ACTIVE:
            return None
        found.append(measured[-1])
    return Recalls.of(found) if found else None
