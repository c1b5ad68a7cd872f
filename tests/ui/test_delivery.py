"""What the server has drawn and the browser does not have yet, when a section is drawn again."""

import asyncio
import gc
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.runtime import Runtime
from streamlit.runtime.scriptrunner import ScriptRunnerEvent

from cnnviz.ui import delivery
from cnnviz.ui.delivery import (
    ON_THE_WAY,
    TOGETHER,
    count_what_is_asked,
    deliver_in_order,
    deliver_together,
    draw_whole_page_first,
    keep_what_is_fetched_late,
    seconds_since_drawn,
    times_asked,
)

Result = TypeVar("Result")
SECTION, BAR = "section", "bar"


@pytest.fixture(autouse=True)
def queue_as_before() -> Iterator[None]:
    before = ForwardMsgQueue.clear
    yield
    ForwardMsgQueue.clear = before  # type: ignore[method-assign]


def place(path: Sequence[int], fragment: str = "") -> ForwardMsg:
    message = ForwardMsg()
    message.metadata.delta_path.extend(path)
    message.delta.add_block.allow_empty = True
    message.delta.fragment_id = fragment
    return message


def word(path: Sequence[int], text: str, fragment: str = "") -> ForwardMsg:
    message = ForwardMsg()
    message.metadata.delta_path.extend(path)
    message.delta.new_element.markdown.body = text
    message.delta.fragment_id = fragment
    return message


def finished(status: ForwardMsg.ScriptFinishedStatus.ValueType) -> ForwardMsg:
    message = ForwardMsg()
    message.script_finished = status
    return message


def drawn(messages: Sequence[ForwardMsg]) -> dict[tuple[int, ...], str]:
    """As Streamlit's browser does: where nothing is, nothing can be put into it."""
    tree: dict[tuple[int, ...], str] = {(): ""}
    for message in messages:
        if message.WhichOneof("type") != "delta":
            continue
        path = tuple(message.metadata.delta_path)
        if path[:-1] not in tree:
            raise AssertionError(f"Cannot set a node at a delta path: {path}")
        tree[path] = message.delta.new_element.markdown.body
    return tree


def a_page_on_its_way() -> ForwardMsgQueue:
    """A page with a section, and in it a bar that is a section of its own; nothing of it was sent yet."""
    queue = ForwardMsgQueue()
    queue.enqueue(place((0,)))
    queue.enqueue(place((0, 0), SECTION))
    queue.enqueue(word((0, 0, 0), "heading", SECTION))
    queue.enqueue(place((0, 0, 1), BAR))
    queue.enqueue(word((0, 0, 1, 0), "10 %", BAR))
    queue.enqueue(finished(ForwardMsg.FINISHED_SUCCESSFULLY))
    return queue


def test_a_section_with_a_section_in_it_reaches_the_browser_from_the_outside_in() -> None:
    deliver_in_order()
    queue = a_page_on_its_way()
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=[SECTION])
    queue.enqueue(place((0, 0), SECTION))
    queue.enqueue(word((0, 0, 0), "another heading", SECTION))
    sent = queue.flush()
    assert drawn(sent)[0, 0, 0] == "another heading"
    assert [one.script_finished for one in sent if one.WhichOneof("type") == "script_finished"] == [
        ForwardMsg.FINISHED_SUCCESSFULLY
    ]


def test_a_section_keeps_the_end_of_its_last_drawing() -> None:
    """Else what that drawing left out would stay on the screen."""
    deliver_in_order()
    queue = ForwardMsgQueue()
    queue.enqueue(word((0,), "old", SECTION))
    queue.enqueue(finished(ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY))
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=[SECTION])
    assert [one.WhichOneof("type") for one in queue.flush()] == ["delta", "script_finished"]


def test_a_whole_page_is_not_sent_twice() -> None:
    deliver_in_order()
    queue = a_page_on_its_way()
    queue.clear(retain_lifecycle_msgs=True)
    assert [one.WhichOneof("type") for one in queue.flush()] == ["script_finished"]
    queue = a_page_on_its_way()
    queue.clear()
    assert not queue.flush()


def test_streamlit_itself_still_loses_the_places() -> None:
    """When this fails, Streamlit has mended it, and ``cnnviz/ui/delivery.py`` can go."""
    queue = a_page_on_its_way()
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=[SECTION])
    with pytest.raises(AssertionError, match="Cannot set a node"):
        drawn(queue.flush())


class Fragments:
    """A session's sections: how many were registered, and their names."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def registration_sequence(self) -> int:
        return len(self.names)

    def contains(self, name: str) -> bool:
        return name in self.names


@pytest.mark.parametrize(
    ("names", "page", "by_itself", "asked"),
    [
        ((), "pooling", True, ""),
        (("numbers",), "pooling", True, "numbers"),
        (("another",), "pooling", False, ""),
        (("another",), "pooling", True, "numbers"),
        (("another",), "kernels", False, "numbers"),
    ],
)
def test_a_session_without_the_section_draws_the_whole_page(
    names: tuple[str, ...], page: str, by_itself: bool, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[ClientState] = []
    monkeypatch.setattr(AppSession, "request_rerun", lambda _, state: heard.append(state))
    draw_whole_page_first()
    session = SimpleNamespace(
        _fragment_storage=Fragments(*names), _pages_manager=SimpleNamespace(current_page_script_hash=page)
    )
    state = ClientState(
        fragment_id="numbers",
        query_string="window=3",
        is_auto_rerun=by_itself,
        page_script_hash="pooling",
    )
    state.widget_states.widgets.add(id="padding", int_value=1)
    AppSession.request_rerun(session, state)  # type: ignore[arg-type]
    assert heard[0].fragment_id == asked
    assert heard[0].is_auto_rerun == (by_itself and bool(asked))
    assert heard[0].query_string == "window=3"
    assert heard[0].widget_states == state.widget_states
    assert state.fragment_id == "numbers"


class Session:
    """What a page's thread asks of a session, and what the server's loop has handled of it."""

    def __init__(self, count: int) -> None:
        self.handled: list[Any] = []
        self.woken = 0
        self._count = count
        self._done = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._event_loop = self._loop

    def _call_soon_on_event_loop(self, callback: Callable[[], None]) -> None:
        self.woken += 1
        self._loop.call_soon_threadsafe(callback)

    def _handle_scriptrunner_event_on_event_loop(
        self,
        sender: object,
        event: ScriptRunnerEvent,
        forward_msg: ForwardMsg | None = None,
        fragment_ids_this_run: Sequence[str] = (),
    ) -> None:
        assert asyncio.get_running_loop() is self._loop
        said = None if forward_msg is None else forward_msg.delta.new_element.markdown.body
        self.handled.append(said or event)
        if len(self.handled) == self._count:
            self._done.set()
        if said == "broken":
            raise ValueError(said)

    async def all_handled(self) -> None:
        await asyncio.wait_for(self._done.wait(), 60)


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_on_scriptrunner_event", "request_rerun", "_create_scriptrunner"):
        monkeypatch.setattr(AppSession, name, getattr(AppSession, name))
    monkeypatch.setattr(Runtime, "_enqueued_some_message", Runtime._enqueued_some_message)
    monkeypatch.setattr(
        delivery.runtime, "MESSAGE_FLUSH_INTERVAL_SECS", delivery.runtime.MESSAGE_FLUSH_INTERVAL_SECS
    )
    deliver_together()


STARTED, DRAWN, DONE = (
    ScriptRunnerEvent.SCRIPT_STARTED,
    ScriptRunnerEvent.ENQUEUE_FORWARD_MSG,
    ScriptRunnerEvent.FRAGMENT_STOPPED_WITH_SUCCESS,
)


def in_a_loop(server: Coroutine[Any, Any, Result]) -> Result:
    """In a thread of its own: the browser's tests leave a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, server).result()


def draws(session: Session, elements: Sequence[str], *end: ScriptRunnerEvent) -> threading.Thread:
    """A page's thread, drawing a section."""

    def run() -> None:
        tell: Any = AppSession._on_scriptrunner_event
        tell(session, None, event=STARTED, fragment_ids_this_run=[SECTION])
        for element in elements:
            tell(session, None, event=DRAWN, forward_msg=word((0,), element, SECTION))
        for event in end:
            tell(session, None, event=event)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


class Asking:
    """A session by its name."""

    def __init__(self, name: str) -> None:
        self.id = name


def test_what_the_student_asks_is_counted_and_what_a_page_asks_by_itself_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(AppSession, "request_rerun", lambda *__: None)
    count_what_is_asked()
    sessions: dict[str, Any] = {name: Asking(name) for name in ("one", "other")}
    assert times_asked("one") is None
    asked = (("one", False), ("one", True), ("one", False), ("other", True), ("other", False))
    for name, by_itself in asked:
        AppSession.request_rerun(sessions[name], ClientState(is_auto_rerun=by_itself))
    assert (times_asked("one"), times_asked("other")) == (2, 1)
    sessions.clear()
    gc.collect()
    assert times_asked("one") is None


def test_a_picture_can_be_fetched_a_while_after_the_student_has_gone_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(delivery.time, "monotonic", lambda: now)
    monkeypatch.setattr(MediaFileManager, "_get_inactive_file_ids", MediaFileManager._get_inactive_file_ids)
    keep_what_is_fetched_late()
    manager = MediaFileManager(MemoryMediaFileStorage("/media"))
    first, second = (manager.add(picture, "image/png", picture.decode()) for picture in (b"one", b"two"))

    def kept() -> set[str]:
        manager.remove_orphaned_files()
        return {url for url in (first, second) if manager.read_file(url.split("/")[-1].split(".")[0])}

    manager.clear_session_refs()
    assert kept() == {first, second}
    now += ON_THE_WAY - 1
    assert manager.add(b"two", "image/png", "two") == second
    assert kept() == {first, second}
    now += 1
    assert kept() == {second}
    # It has been on a page again, so its time begins again.
    manager.clear_session_refs()
    assert kept() == {second}
    now += ON_THE_WAY
    assert kept() == set()


@pytest.mark.usefixtures("together")
def test_the_loop_is_woken_for_a_lot_of_elements_not_for_each() -> None:
    async def server() -> Session:
        session = Session(102)
        # The loop is kept from its work, as by other visitors' pages.
        draws(session, list(map(str, range(100))), DONE).join()
        await session.all_handled()
        return session

    session = in_a_loop(server())
    assert session.handled == [STARTED, *map(str, range(100)), DONE]
    assert session.woken == 2
    assert seconds_since_drawn() < 60


@pytest.mark.usefixtures("together")
def test_a_page_that_goes_on_computing_shows_what_is_there() -> None:
    async def server() -> Session:
        session = Session(3)
        thread = draws(session, ["title", "menu"])
        await session.all_handled()
        thread.join()
        again = Session(5)
        again.handled = session.handled
        draws(again, ["picture"]).join()
        await again.all_handled()
        return again

    assert in_a_loop(server()).handled == [STARTED, "title", "menu", STARTED, "picture"]
    assert TOGETHER < 0.05


@pytest.mark.usefixtures("together")
def test_an_element_that_cannot_be_handled_does_not_hold_up_the_others() -> None:
    async def server() -> tuple[Session, list[object]]:
        session, faults = Session(5), list[object]()
        asyncio.get_running_loop().set_exception_handler(
            lambda __, context: faults.append(context["exception"])
        )
        draws(session, ["title", "broken", "menu"], DONE).join()
        await session.all_handled()
        return session, faults

    session, faults = in_a_loop(server())
    assert session.handled == [STARTED, "title", "broken", "menu", DONE]
    assert [type(fault) for fault in faults] == [ValueError]


@pytest.mark.usefixtures("together")
@pytest.mark.parametrize("change", ["request_rerun", "_create_scriptrunner"])
def test_what_a_page_has_drawn_is_handled_before_it_is_drawn_anew(
    change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Streamlit ignores what comes later: a section would stay as it was, and its drawing seem never to end."""
    monkeypatch.setattr(AppSession, change, lambda session, __: session.handled.append("next"))
    deliver_together()

    async def server() -> Session:
        faults: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda __, context: faults.append(context))
        session = Session(5)
        draws(session, ["title", "broken", "menu"], DONE).join()
        getattr(AppSession, change)(session, None)
        await asyncio.sleep(0)
        assert len(faults) == 1
        return session

    assert in_a_loop(server()).handled == [STARTED, "title", "broken", "menu", DONE, "next"]


@pytest.mark.usefixtures("together")
def test_what_the_loop_has_queued_itself_is_sent_without_waking_it() -> None:
    async def server() -> None:
        woken = []
        loop = asyncio.get_running_loop()
        stands_in = SimpleNamespace(call_soon_threadsafe=lambda call: woken.append(call))
        there = asyncio.Event()
        wake: Any = Runtime._enqueued_some_message
        wake(SimpleNamespace(_get_async_objs=lambda: SimpleNamespace(eventloop=loop, need_send_data=there)))
        assert there.is_set()
        other = asyncio.Event()
        wake(
            SimpleNamespace(
                _get_async_objs=lambda: SimpleNamespace(eventloop=stands_in, need_send_data=other)
            )
        )
        assert not other.is_set()
        assert woken == [other.set]

    in_a_loop(server())


@pytest.mark.usefixtures("together")
def test_a_browser_hears_at_once_that_it_is_on_another_page() -> None:
    """Until it does, it says the old page with all that it asks for, and would be taken back to it."""

    async def server() -> list[int]:
        session = Session(3)
        tell: Any = AppSession._on_scriptrunner_event
        woken = []
        navigation = ForwardMsg()
        navigation.navigation.page_script_hash = "pooling"
        tell(session, None, event=STARTED)
        woken.append(session.woken)
        tell(session, None, event=DRAWN, forward_msg=word((0,), "title"))
        tell(session, None, event=DRAWN, forward_msg=navigation)
        woken.append(session.woken)
        await session.all_handled()
        return woken

    # Once for the beginning; then a look in a fiftieth of a second, and at once.
    assert in_a_loop(server()) == [1, 3]
