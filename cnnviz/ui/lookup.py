"""One value of the session's state is looked up as one value."""

from collections.abc import Iterator, Mapping
from typing import Any

from streamlit.runtime.state.safe_session_state import SafeSessionState


class _Values(Mapping[str, Any]):
    """The values of a session by their keys; what is asked for alone is looked up alone."""

    def __init__(self, state: SafeSessionState) -> None:
        self._state = state

    def __getitem__(self, key: str) -> Any:
        with self._state._lock:
            return self._state._state[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole())

    def __len__(self) -> int:
        return len(self._whole())

    def __repr__(self) -> str:
        return repr(self._whole())

    def _whole(self) -> dict[str, Any]:
        with self._state._lock:
            return self._state._state.filtered_state


def look_up_one_by_one() -> None:
    """A menu, a number or a slider asks the session whether its own value is empty.

    Streamlit puts all values of the session together for each of them, and makes a class for each component among them: half
    a millisecond for each control of a page with some components.
    """
    changed: Any = SafeSessionState
    changed.filtered_state = property(_Values)
