"""Work in the background, as a page asks for it: shown, kept, cancelled, and never done twice."""

import os
import sys
import threading
import time
from collections.abc import Callable
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.errors import CnnvizError
from cnnviz.ui import jobs
from cnnviz.ui.jobs import NICENESS, part
from cnnviz.ui.memory import remembered

PATIENCE = 60
"""Seconds after which something that did not happen never will."""
_numbers = count()


class Named:
    """Work with a content of its own: what ``make`` gives."""

    def __init__(self, make: Callable[[Callable[[float], None]], object]) -> None:
        self.number, self.make = next(_numbers), make

    def cache_key(self) -> int:
        return self.number


def perform(work: Named, progress: Callable[[float], None]) -> object:
    return work.make(progress)


class Work(Named):
    """Something that takes until the test lets it go on; each time it is begun, an ``Attempt``."""

    def __init__(self, result: object = "done", shares: tuple[float, ...] = (0.25,)) -> None:
        super().__init__(self.attempt)
        self.result, self.shares = result, shares
        self.attempts: list[Attempt] = []
        self.begun = threading.Semaphore(0)

    def attempt(self, progress: Callable[[float], None]) -> object:
        attempt = Attempt()
        self.attempts.append(attempt)
        try:
            for share in self.shares:
                progress(share)
            self.begun.release()
            assert attempt.go_on.wait(PATIENCE)
            progress(1.0)
            return self.result
        finally:
            attempt.ended.set()


class Attempt:
    def __init__(self) -> None:
        self.go_on, self.ended = threading.Event(), threading.Event()


def page(work, perform):  # without types: Streamlit runs its lines alone, as a script
    import streamlit as st

    from cnnviz.errors import CnnvizError
    from cnnviz.ui.jobs import job

    try:
        result = job("slot", "Counting", perform, work)
    except CnnvizError as error:
        st.error(str(error))
        return
    if result is not None:
        st.markdown(f"result: {result}")


def visit(work: Named) -> AppTest:
    """A session that asks for the work and has drawn its page once."""
    return AppTest.from_function(page, args=(work, perform), default_timeout=PATIENCE).run()


def ask(work: Work) -> AppTest:
    """A session that asks for work that was not begun before, once it is at work."""
    app = visit(work)
    assert work.begun.acquire(timeout=PATIENCE)
    return app


def shown(app: AppTest) -> str:
    assert not app.exception
    return "\n".join(
        element.value for kind in ("markdown", "info", "error") for element in getattr(app, kind)
    )


def bar(app: AppTest) -> Any:
    return app.get("progress")[0].proto


def until(app: AppTest, text: str) -> AppTest:
    """Runs the page again and again, as its bar does, until it says something."""
    end = time.monotonic() + PATIENCE
    while text not in shown(app):
        assert time.monotonic() < end, f"the page never says {text!r}: {shown(app)!r}"
        app.run()
    return app


def test_what_is_done_at_once_needs_no_bar_and_is_kept_for_all_sessions() -> None:
    begun = []

    def make(progress: Callable[[float], None]) -> str:
        begun.append(progress)
        return "done"

    work = Named(make)
    app = until(visit(work), "result: done")
    assert not app.get("progress")
    assert not app.button
    assert shown(visit(work)) == "result: done"
    assert len(begun) == 1


def test_a_bar_tells_the_share_and_the_time_left_and_then_comes_the_result() -> None:
    work = Work()
    app = ask(work)
    app.run()
    assert bar(app).value == 25
    assert bar(app).text.startswith("**Counting** · about ")
    assert bar(app).text.endswith(" s left")
    assert [button.label for button in app.button] == ["Cancel"]
    assert shown(app) == ""
    work.attempts[0].go_on.set()
    until(app, "result: done")
    assert not app.button
    assert len(work.attempts) == 1


def test_two_sessions_that_ask_for_the_same_wait_for_one_work() -> None:
    work = Work()
    first, second = ask(work), visit(work)
    assert bar(second).value == 25
    work.attempts[0].go_on.set()
    until(first, "result: done")
    until(second, "result: done")
    assert len(work.attempts) == 1


def test_cancelled_work_ends_at_its_next_word_keeps_nothing_and_can_be_begun_again() -> None:
    work = Work()
    app = ask(work)
    app.button(key="slot_cancel").click().run()
    assert shown(app) == "Counting: cancelled."
    work.attempts[0].go_on.set()
    assert work.attempts[0].ended.wait(PATIENCE)
    assert shown(app.run()) == "Counting: cancelled."
    assert remembered(perform, work) is None
    assert len(work.attempts) == 1
    app.button(key="slot_again").click().run()
    assert work.begun.acquire(timeout=PATIENCE)
    work.attempts[1].go_on.set()
    until(app, "result: done")
    assert len(work.attempts) == 2


def test_what_somebody_else_waits_for_is_not_ended_by_who_cancels() -> None:
    work = Work()
    first, second = ask(work), visit(work)
    first.button(key="slot_cancel").click().run()
    assert shown(first) == "Counting: cancelled."
    work.attempts[0].go_on.set()
    until(second, "result: done")
    assert len(work.attempts) == 1


def test_new_work_in_a_slot_ends_the_old_work_of_this_session_alone() -> None:
    old, wanted, new = Work(), Work(), Work("new")
    app = ask(old)
    app.args = (wanted, perform)
    app.run()
    assert wanted.begun.acquire(timeout=PATIENCE)
    old.attempts[0].go_on.set()
    assert old.attempts[0].ended.wait(PATIENCE)
    other = visit(wanted)
    app.args = (new, perform)
    app.run()
    wanted.attempts[0].go_on.set()
    until(other, "result: done")
    assert remembered(perform, old) is None
    assert new.begun.acquire(timeout=PATIENCE)
    new.attempts[0].go_on.set()
    until(app, "result: new")


def test_work_begun_again_is_not_ended_by_the_end_of_the_cancelled_one() -> None:
    work = Work()
    app = ask(work)
    app.button(key="slot_cancel").click().run()
    app.button(key="slot_again").click().run()
    assert work.begun.acquire(timeout=PATIENCE)
    work.attempts[0].go_on.set()
    assert work.attempts[0].ended.wait(PATIENCE)
    other = visit(work)
    for session in (app.run(), other):
        assert bar(session).value == 25
    assert len(work.attempts) == 2
    work.attempts[1].go_on.set()
    until(app, "result: done")
    until(other, "result: done")
    assert len(work.attempts) == 2


def test_a_sentence_is_carried_to_whoever_waits() -> None:
    def refuse(_: Callable[[float], None]) -> object:
        raise CnnvizError("There is no image. Choose one.")

    until(visit(Named(refuse)), "There is no image. Choose one.")


def test_a_fault_of_the_program_is_not_hidden() -> None:
    def broken(_: Callable[[float], None]) -> object:
        raise ValueError("broken")

    app = visit(Named(broken))
    end = time.monotonic() + PATIENCE
    while not app.exception:
        assert time.monotonic() < end
        app.run()


def test_more_work_than_processors_waits_for_a_place_and_says_so() -> None:
    busy = [Work() for _ in range(max(1, os.cpu_count() or 1))]
    sessions = [ask(work) for work in busy]
    late = Work("late")
    app = visit(late)
    assert bar(app).text == "**Counting** · waiting"
    assert not late.attempts
    for work in busy:
        work.attempts[0].go_on.set()
    assert late.begun.acquire(timeout=PATIENCE)
    late.attempts[0].go_on.set()
    until(app, "result: late")
    for session in sessions:
        until(session, "result: done")


def test_work_that_nobody_looks_at_gives_its_place_to_others_and_begins_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs, "LOOK_SECONDS", 0.0)
    busy = [Work(f"result {number}") for number in range(max(1, os.cpu_count() or 1))]
    sessions = [ask(work) for work in busy]
    late = Work("late")
    app = visit(late)
    monkeypatch.setattr(jobs, "AWAY_SECONDS", 0.0)
    busy[0].attempts[0].go_on.set()
    assert late.begun.acquire(timeout=PATIENCE)
    monkeypatch.undo()
    late.attempts[0].go_on.set()
    until(app, "result: late")
    for work in busy[1:]:
        work.attempts[0].go_on.set()
    # Whoever comes back gets the result all the same.
    back = sessions[0].run()
    assert "result" not in shown(back)
    assert busy[0].begun.acquire(timeout=PATIENCE)
    busy[0].attempts[1].go_on.set()
    for session, work in zip(sessions, busy, strict=True):
        until(session, f"result: {work.result}")


def test_work_whose_browsers_are_closed_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    work, closed = Work(), threading.Event()
    connected = SimpleNamespace(is_active_session=lambda _: not closed.is_set())
    monkeypatch.setattr(jobs, "Runtime", SimpleNamespace(exists=lambda: True, instance=lambda: connected))
    monkeypatch.setattr(jobs, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(jobs, "GONE_SECONDS", 0.0)
    ask(work)
    closed.set()
    work.attempts[0].go_on.set()
    assert work.attempts[0].ended.wait(PATIENCE)
    monkeypatch.undo()
    app = ask(work)
    assert shown(app) == ""
    work.attempts[1].go_on.set()
    until(app, "result: done")


def test_work_that_is_looked_at_goes_on_while_others_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "LOOK_SECONDS", 0.0)
    busy = [Work() for _ in range(max(1, os.cpu_count() or 1))]
    sessions = [ask(work) for work in busy]
    late = Work("late")
    app = visit(late)
    for work in busy:
        work.attempts[0].go_on.set()
    for session in sessions:
        until(session, "result: done")
    assert late.begun.acquire(timeout=PATIENCE)
    late.attempts[0].go_on.set()
    until(app, "result: late")
    assert all(len(work.attempts) == 1 for work in (*busy, late))


def test_the_progress_of_a_part_is_its_share_of_the_whole() -> None:
    heard: list[float] = []
    for index in range(4):
        part(heard.append, index, 4)(0.5)
    part(heard.append, 2, 4, 0.5)(1.0)
    assert heard == [0.125, 0.375, 0.625, 0.875, 0.625]


def test_pages_go_before_work_in_the_background() -> None:
    """On Linux, where a thread has a priority of its own."""
    begun = threading.Event()
    found: list[int] = []

    def make(_: Callable[[float], None]) -> str:
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        begun.set()
        return "done"

    AppTest.from_function(page, args=(Named(make), perform)).run()
    assert begun.wait(PATIENCE)
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert found == [own + NICENESS if sys.platform == "linux" else own]
