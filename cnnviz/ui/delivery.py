"""What is on its way to the browser when a section is drawn again."""

from typing import Any

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
