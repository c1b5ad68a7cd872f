"""What the server has drawn and the browser does not have yet, when a section is drawn again."""

from collections.abc import Iterator, Sequence
from types import SimpleNamespace

import pytest
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from cnnviz.ui.delivery import deliver_in_order, draw_whole_page_first

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


@pytest.mark.parametrize(("names", "asked"), [((), ""), (("numbers",), "numbers")])
def test_a_session_that_has_drawn_nothing_draws_the_whole_page(
    names: tuple[str, ...], asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[ClientState] = []
    monkeypatch.setattr(AppSession, "request_rerun", lambda _, state: heard.append(state))
    draw_whole_page_first()
    session = SimpleNamespace(_fragment_storage=Fragments(*names))
    state = ClientState(fragment_id="numbers", query_string="window=3", is_auto_rerun=True)
    state.widget_states.widgets.add(id="padding", int_value=1)
    AppSession.request_rerun(session, state)  # type: ignore[arg-type]
    assert heard[0].fragment_id == asked
    assert heard[0].is_auto_rerun == bool(asked)
    assert heard[0].query_string == "window=3"
    assert heard[0].widget_states == state.widget_states
    assert state.fragment_id == "numbers"
