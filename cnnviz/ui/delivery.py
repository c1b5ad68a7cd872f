"""What is on its way to the browser when a section is drawn again, and what of a section a new session does not have."""

from typing import Any

from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue


def deliver_in_order() -> None:
    """What was drawn and not sent yet is sent before a section's next drawing.

    Streamlit drops what is waiting of the section, but keeps what is waiting of a section inside it. Under
    load, a whole page and the section's next drawing wait together; then the inner section's elements reach a
    browser that has no place for them, it says "Cannot set a node at a delta path", and the page stays blank.
    Nothing is wrong with sending both drawings one after the other, as happens on a quiet machine.
    """
    clear = ForwardMsgQueue.clear

    def keep(
        self: ForwardMsgQueue,
        retain_lifecycle_msgs: bool = False,
        fragment_ids_this_run: list[str] | None = None,
    ) -> None:
        if not retain_lifecycle_msgs or fragment_ids_this_run is None:
            clear(self, retain_lifecycle_msgs)
            return
        # What comes from now on is not put together with what waits.
        self._delta_index_map = {}

    changed: Any = ForwardMsgQueue
    changed.clear = keep


def draw_whole_page_first() -> None:
    """A section's request to a session that has drawn nothing draws the whole page.

    A browser whose process was replaced shows the page as it was, and asks only when something is moved; most often that lies in a
    section. The new session has no section of any name, and Streamlit leaves out what it does not know: the page would stand still
    until it is loaded again. The request tells the values of all controls and the address, so the whole page can be drawn of it.
    """
    request = AppSession.request_rerun

    def whole(self: AppSession, client_state: ClientState | None) -> None:
        if (
            client_state is not None
            and client_state.fragment_id
            and not self._fragment_storage.registration_sequence()
        ):
            asked = ClientState()
            asked.CopyFrom(client_state)
            asked.fragment_id, asked.is_auto_rerun = "", False
            client_state = asked
        request(self, client_state)

    changed: Any = AppSession
    changed.request_rerun = whole
