"""Learning curves that grow in the browser: the page names the runs once, the browser asks for their new
records by itself.

A running training needs no run of the page for its curves, its bar and its table of results. The component
asks ``GET …/cnnviz/live`` (below the address of the app, wherever a proxy has put it) for what was written
since it last asked, and has the page run again only when a run starts, pauses or ends, or, where the page
wants them, when there are new weights to look at. Where the address does not answer, the page hands over the
records itself.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import orjson
import streamlit as st
from starlette.requests import Request
from starlette.responses import Response

from cnnviz.errors import CnnvizError
from cnnviz.figures import DASHES, curve_in_words, palette
from cnnviz.training import ACTIVE, Metric, Run, open_run
from cnnviz.training.folder import Change, Status
from cnnviz.training.growth import growth
from cnnviz.training.spec import KNOB_TITLES
from cnnviz.ui.address import draw_again, one_section
from cnnviz.ui.components import component, listen
from cnnviz.ui.frame import error_box
from cnnviz.ui.messages import LiveMessage, LiveRun
from cnnviz.words import ENGLISH, LANGUAGES, _, in_language

Quantity = Literal["accuracy", "loss"]
MOST_RUNS = 12
HAND_OVER_SECONDS = 1.0
"""How often a page hands over the records of running trainings itself, where the browser cannot ask for
them.
"""
STATES = {
    "queued": "Waiting",
    "running": "Training",
    "paused": "Paused",
    "stopped": "Stopped",
    "finished": "Finished",
}


def live_curves(
    key: str,
    runs: Mapping[str, Run],
    quantities: Sequence[Quantity] = ("accuracy", "loss"),
    *,
    training: bool = True,
    weights: bool = False,
    step: int | None = None,
    names: Mapping[str, str] | None = None,
) -> None:
    """Curves of one or several runs, whatever their state; with a bar for one run, a table of results for
    several.

    Args:
        runs: title -> run. One run has a colour for training and one for validation; of several each has its
            own.
        training: draw the training curves too, not only validation.
        weights: have what surrounds this (a fragment, or the page) run again when there are new weights, as
            often as the server can afford.
        step: a mark at this step.
        names: quantity -> what it is called, if not by its own name.
    """
    called = dict(names or {})
    several = len(runs) > 1
    described = [_described(title, run, index, several) for index, (title, run) in enumerate(runs.items())]
    words = {
        title: {
            quantity: curve_in_words(run.metrics(), quantity, called.get(quantity)) for quantity in quantities
        }
        for title, run in runs.items()
    }
    data = LiveMessage(
        runs=described,
        quantities=quantities,
        training=training,
        weights=weights,
        step=step,
        alt={
            quantity: "; ".join(_prefix(title, several) + said[quantity] for title, said in words.items())
            for quantity in quantities
        },
        reports=None if _asks(key) else [report(run.id) for run in runs.values()],
        names=called,
    )
    component(
        "live",
        key,
        data=data,
        default={"told": None, "asks": True},
        on_told_change=listen,
        on_asks_change=listen,
    )


def watch(key: str, runs: Sequence[Run], draw: Callable[[], None]) -> None:
    """A fragment that ``draw``s, with ``live_curves(key, …)`` in it. When the last run has ended, the page
    runs again.
    """
    active, asks = _active(runs), _asks(key)

    @st.fragment(run_every=HAND_OVER_SECONDS if active and not asks else None)
    def drawn() -> None:
        if _active(runs) != active or _asks(key) != asks:
            draw_again()
        with one_section(), error_box():
            draw()
        if _active(runs) != active:
            # The last one ended while this was drawn: the browser was given its end, and has nothing to tell.
            draw_again()

    drawn()


def _active(runs: Sequence[Run]) -> bool:
    return any(run.state in ACTIVE for run in runs)


def _asks(key: str) -> bool:
    """Whether the browser can ask for new records; it says so if it cannot."""
    return (st.session_state.get(key) or {}).get("asks") is not False


def _prefix(title: str, several: bool) -> str:
    return f"{title}: " if several else ""


def _described(title: str, run: Run, index: int, several: bool) -> LiveRun:
    status, steps = run.status, run.steps
    own = palette().of(index)
    return LiveRun(
        id=run.id,
        title=title,
        state=status.state,
        step=status.step,
        snapshot=steps[-1] if steps else None,
        colours=[own, own] if several else [palette().train, palette().validation],
        dash=DASHES[index % len(DASHES)] if several else "solid",
    )


def answer(request: Request) -> Response:
    """``GET …/cnnviz/live?language=<name>&run=<name>&after=<mark>&run=…``: a list of reports, in the order of the runs.

    Whoever has the name of a run may look at it, here as in a link to the page.
    """
    names, marks = request.query_params.getlist("run"), request.query_params.getlist("after")
    spoken = request.query_params.get("language", ENGLISH)
    with in_language(spoken if spoken in LANGUAGES else ENGLISH):
        reports = [report(name, mark) for name, mark in list(zip(names, marks, strict=False))[:MOST_RUNS]]
    return Response(
        orjson.dumps(reports), media_type="application/json", headers={"Cache-Control": "no-store"}
    )


def report(name: str, mark: str = "") -> dict[str, Any]:
    """All that the browser draws of a run, with the records after ``mark``; or an ``error``."""
    try:
        run = open_run(name)
        status = run.status
        found = growth(run.folder, mark)
    except CnnvizError as error:
        return {"run": name, "error": _(error)}
    rows = [
        [metric.step, metric.loss, metric.accuracy, metric.val_loss, metric.val_accuracy, metric.seconds]
        for metric in found.metrics
    ]
    steps = run.steps
    return {
        "run": name,
        "whole": found.whole,
        "mark": found.mark,
        "rows": rows,
        "state": status.state,
        "step": status.step,
        "total": status.total_steps,
        "snapshot": steps[-1] if steps else None,
        "says": status_in_words(run, status, found.last),
        "changes": [[change.step, _turned(change)] for change in run.folder.changes()],
    }


def _turned(change: Change) -> str:
    """A knob that was turned, in words: ``learning rate 0.01``."""
    value = _("off") if change.value is None else f"{change.value:g}"
    return f"{_(KNOB_TITLES[change.knob]).lower()} {value}"


def status_in_words(run: Run, status: Status, last: Metric | None) -> list[str]:
    """(state, how far it is): ``["Training", "step 120 of 468 · epoch 0.8 of 3 · 1.9 s of work · about 5 s
    left"]``.
    """
    place = run.queue_position if status.state == "queued" else None
    name = (
        _("Waiting, place {place} in the queue", place=place)
        if place
        else _(STATES.get(status.state, status.state.capitalize()))
    )
    total = max(1, status.total_steps)
    text = _("step {step} of {total_steps}", step=status.step, total_steps=status.total_steps)
    if last:
        text += _(
            " · epoch {step:.1f} of {epochs} · {seconds:.1f} s of work",
            step=status.step / total * run.spec.epochs,
            epochs=run.spec.epochs,
            seconds=last.seconds,
        )
        if status.state == "running" and last.step > 5:
            text += _(
                " · about {seconds:.0f} s left", seconds=last.seconds / last.step * (total - status.step)
            )
    return [name, text]
