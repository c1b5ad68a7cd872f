"""Each control draws its own section of the page again, and afterwards the page is as if all of it had been
drawn.
"""

import asyncio
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from benchmarks._app import serving
from benchmarks._visitor import Control, Session
from benchmarks.rerun import opened, pages

LESSONS = [page for page in pages() if page]
WITHOUT_PICTURES = ("lectures",)
"""Drawn as a whole in no time."""
CONTENT = (
    "markdown",
    "heading",
    "imgs",
    "plotly_chart",
    "bidi_component",
    "code",
    "alert",
    "arrow_table",
    "table",
)


def finished(visit: Coroutine[Any, Any, Any]) -> Any:
    """What a visit gives, in a thread of its own: the browser of the other tests keeps a loop running in this
    one.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, visit).result()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving() as (url, _):
        yield url


def content(session: Session) -> dict[tuple[int, ...], bytes]:
    """What stands on the page but for the controls, by place."""
    return {
        place: element.SerializeToString(deterministic=True)
        for place, element in session.shown.items()
        if element.WhichOneof("type") in CONTENT
    }


@pytest.mark.parametrize("page", [page for page in LESSONS if page not in WITHOUT_PICTURES])
def test_every_control_lies_in_a_section(page: str, address: str) -> None:
    async def visit() -> list[str]:
        async with opened(address, page) as (session,):
            return [control.label for control in session.controls.values() if not control.fragment]

    assert finished(visit()) == ["Language", "Colours", "Projector mode"]


def test_the_address_is_told_also_where_the_browser_has_not_heard_of_the_one_before(address: str) -> None:
    """The student moves a control and at once back; the second request still says the address from before the first."""

    async def visit() -> None:
        async with opened(address, "pooling") as (session,):
            control = next(one for one in session.controls.values() if one.label == "Window")
            addresses = []
            for turn in (0, 1):
                await session.move(control, turn)
                addresses.append(session.query)
            assert addresses[0] != addresses[1]
            session.query = f"{addresses[0]}&"  # the same, but told from what the server writes
            await session.move(control, 0)
            assert session.query == addresses[0]
            await session.move(control, 0)
            session.query = f"{addresses[0]}&"  # and what the browser knows is not told again
            await session.move(control, 0)
            assert session.query == f"{addresses[0]}&"

    finished(visit())


def test_an_address_that_is_on_its_way_is_not_told_again(address: str) -> None:
    """A progress bar asks for news before the browser has heard where it is; told twice, the address would undo
    what the back button did between.
    """

    async def visit() -> None:
        async with opened(address, "pooling") as (session,):
            control = next(one for one in session.controls.values() if one.label == "Window")
            await session.move(control, 0)
            assert session.query
            session.query = ""
            await session.move(control, 0)
            assert session.query == ""

    finished(visit())


def test_the_back_button_counts_also_where_another_request_comes_before_its_run_begins(address: str) -> None:
    """Streamlit then joins both to one that says the address of the first and the controls of the second."""

    async def visit() -> None:
        async with opened(address, "pooling") as (session,):
            control = next(one for one in session.controls.values() if one.label == "Window")
            usual = shown(session, control)
            await session.move(control, 0)
            await session.rerun()  # the browser knows its new address
            assert shown(session, control) != usual
            session.query = ""
            await session.rerun()
            assert session.query == ""
            assert shown(session, control) == usual

    finished(visit())


def test_what_is_moved_at_once_in_two_sections_is_drawn_in_both(address: str) -> None:
    """Streamlit joins requests that come while a page is drawn; where one of the controls says what to draw instead of its own
    section, the other's section would stay as it was.
    """

    async def visit() -> None:
        async with opened(address, "ablation") as (session,):
            controls = {one.label: one for one in session.controls.values()}
            await session.wait()
            channels, number = controls["Channels"], controls["Number of the test image"]
            state, text = channels.places[0]
            session.states[state.id] = state
            session.query = f"{channels.parameter}={text}"
            await session.move(number, 0)
            by_section = content(session)
            session.shown.clear()
            await session.rerun()
            assert by_section == content(session)

    finished(visit())


def test_a_section_that_is_gone_is_drawn_with_its_page(address: str) -> None:
    """A request may be on its way while the section that it asks for goes; what the student moved must show all the same."""

    async def visit() -> None:
        async with opened(address, "pooling") as (session,):
            control = next(one for one in session.controls.values() if one.label == "Window")
            await session.move(replace(control, fragment="0123456789abcdef"), 0)
            by_section = content(session)
            session.shown.clear()
            await session.rerun()
            assert by_section == content(session)

    finished(asyncio.wait_for(visit(), 30))


def shown(session: Session, control: Control) -> int:
    """The value of the box with this label."""
    box = next(
        element.number_input
        for element in session.shown.values()
        if element.WhichOneof("type") == "number_input" and element.number_input.label == control.label
    )
    return int(box.value if box.set_value else box.default)


@pytest.mark.parametrize("page", LESSONS)
def test_a_moved_control_leaves_the_page_as_a_whole_run_draws_it(page: str, address: str) -> None:
    async def visit() -> None:
        async with opened(address, page) as (session,):
            for control in [one for one in session.controls.values() if one.fragment]:
                for turn in (1, 0):
                    await session.move(control, turn)
                    await session.wait(300)
                await session.move(control, 1)
                await session.move(control, 0)  # what it needs is there now
                by_section = content(session)
                session.shown.clear()
                await session.rerun()
                for place, whole in content(session).items():
                    assert by_section.get(place) == whole, (
                        f"{control.label} leaves this as it was: {session.shown[place]}"
                    )
                await session.move(control, 1)

    finished(visit())
