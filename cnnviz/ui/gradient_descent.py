"""Gradient descent on its page."""

import math
from collections.abc import Callable
from typing import Any

import streamlit as st

from cnnviz.figures import palette
from cnnviz.figures.descent import steps_by_rate as drawn_steps
from cnnviz.learning import RULES, SURFACES, Surface, descend
from cnnviz.learning.surfaces import FAR, MOST, RATES, batch_noise, steps_by_rate
from cnnviz.ui.charts import chart
from cnnviz.ui.components import answered, component, told
from cnnviz.ui.memory import remember
from cnnviz.ui.messages import DescentMessage, DescentRule, TapeNode
from cnnviz.ui.states.gradient_descent import GradientDescent
from cnnviz.ui.tables import table_in_words
from cnnviz.words import _

SEED = "1"


def surface_now() -> Surface:
    return SURFACES[GradientDescent.surface.now]


def rate_now() -> float:
    return GradientDescent.rate.now or surface_now().rate


def start_now() -> tuple[float, ...]:
    """Where the link begins, if that is a place of this loss."""
    surface = surface_now()
    try:
        place = tuple(float(part) for part in GradientDescent.begin.now.split(","))
    except ValueError:
        return surface.start
    fits = len(place) == surface.weights and all(math.isfinite(value) and abs(value) < FAR for value in place)
    return place if fits else surface.start


def walk(key: str, on_change: Callable[[], None]) -> None:
    """The loss with a point for each rule."""
    surface, names = surface_now(), GradientDescent.rules.now
    order = list(RULES)
    graph = surface.graph
    named = {place: name for name, place in graph.names.items()}
    nodes = [
        TapeNode(node.operation or "", list(node.inputs), node.value, named.get(place, ""))
        for place, node in enumerate(graph.tape.nodes)
    ]
    shown = rate_now(), GradientDescent.batch.now if surface.data else 0, start_now()
    data = DescentMessage(
        nodes,
        surface.data,
        surface.low,
        surface.high,
        [
            DescentRule(name, _(RULES[name].title), palette().of(order.index(name)), RULES[name].memory)
            for name in (names or ("sgd",))
        ],
        palette().sequential.stops,
        SEED,
        *shown,
        answered(key, "chosen", lambda news: _read(news) == shown),
    )

    def hear(news: Any) -> None:
        try:
            rate, batch, begin = _read(news)
        except (KeyError, TypeError, ValueError):
            return
        if 1e-3 <= rate <= 10 and 0 <= batch <= 24:
            GradientDescent.rate.set(None if rate == surface.rate else rate)
            GradientDescent.batch.set(batch)
            same = begin == surface.start
            GradientDescent.begin.set("" if same else ",".join(f"{value:g}" for value in begin))
            on_change()

    component("descent", key, data=data, default={"chosen": None}, on_chosen_change=told(key, "chosen", hear))


def _read(news: Any) -> tuple[float, int, tuple[float, ...]]:
    """Rate, batch and start that the student chose in the picture."""
    return float(news["rate"]), int(news["batch"]), tuple(float(value) for value in news["start"])


def updates_in_words() -> None:
    """The first updates of the first rule as a table."""
    surface = surface_now()
    rule = (GradientDescent.rules.now or ("sgd",))[0]
    found = remember(
        descend,
        surface.name,
        rule,
        start=start_now(),
        rate=rate_now(),
        steps=GradientDescent.steps.now,
        batch_size=GradientDescent.batch.now if surface.data else 0,
        seed=SEED,
    )

    def numbers(values: tuple[float, ...]) -> str:
        return ", ".join(f"{value:.5g}" for value in values)

    rows = [
        {
            _("step"): str(place),
            "w": numbers(step.weights),
            _("gradient g"): numbers(step.gradient),
            **{name: numbers(values) for name, values in step.memory.items()},
            _("new w"): numbers(step.after),
            "E": f"{step.loss:.5g}",
        }
        for place, step in enumerate(found.steps, 1)
    ]
    st.latex(RULES[rule].formula)
    st.markdown(table_in_words(rows))
    if found.diverged:
        st.markdown(
            _(
                "After {count} steps the weights have left for infinity: a learning rate of {rate_now:g} is too large here.",
                count=len(found.steps),
                rate_now=rate_now(),
            )
        )
    st.caption(
        _(
            "{title}: {reference}. E before the first step: {loss:.5g}.",
            title=_(RULES[rule].title),
            reference=RULES[rule].reference,
            loss=found.loss[0],
        )
    )


def rates_chart() -> None:
    """Updates until a loss, against the learning rate."""
    surface, names = surface_now(), GradientDescent.rules.now or ("sgd",)
    measured = steps_by_rate(surface.name, names)
    found = measured.steps
    st.markdown(
        _(
            "Updates until E ≤ **{goal:.3g}** (5 % of the way is left), from the usual start, with all data a step; at most {most}.",
            goal=measured.goal,
            most=MOST,
        )
    )
    best = {
        RULES[name].title: min(
            (number, rate) for number, rate in zip(numbers, RATES, strict=True) if number == number
        )
        for name, numbers in found.items()
        if any(number == number for number in numbers)
    }
    words = "; ".join(
        _("{title}: {steps:.0f} at η = {rate:.2g}", title=title, steps=steps, rate=rate)
        for title, (steps, rate) in best.items()
    )
    chart(
        "rates",
        _("Fewest updates: {words}", words=words or _("none reaches it")),
        drawn_steps,
        found,
        RATES,
    )
    st.markdown(_("Fewest updates: {words}.", words=words or _("no rule reaches it")))


def noise_in_words() -> None:
    """How far the gradient of a batch is from that of all examples, against the batch's size."""
    surface = surface_now()
    if not surface.data:
        return
    st.subheader(_("Noise of the mini-batch gradient"), anchor=False)
    st.markdown(
        _(
            "At the start, 60 random batches of each size: how far is their gradient from the one of all examples, "
            "in the mean? It falls about as 1/√B, and is zero where the batch is all there is."
        )
    )
    spread = remember(_noise, surface.name, start_now())
    st.markdown(
        table_in_words(
            [
                {_("examples a step B"): str(size), _("distance from the true gradient"): f"{far:.1f}"}
                for size, far in spread
            ]
        )
    )


def _noise(name: str, place: tuple[float, ...]) -> list[tuple[int, float]]:
    surface = SURFACES[name]
    true = surface.descent(place)[1]
    found = []
    for size in (1, 2, 4, 8, 16, len(surface.data)):
        cloud = batch_noise(name, place, size)
        found.append((size, math.fsum(math.dist(one, true) for one in cloud) / len(cloud)))
    return found
