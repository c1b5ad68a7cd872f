"""What Streamlit does at each drawing again, though nothing has changed, is done once; the results are the same."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from copy import deepcopy
from functools import cache, lru_cache
from typing import Any

from streamlit import config
from streamlit.cursor import Cursor, SparseList
from streamlit.delta_generator import DeltaGenerator
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session, memory_media_file_storage
from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.runtime.state.session_state import SessionState


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


SMALL = 100_000
"""Bytes of a file whose name is remembered."""


def name_files_once() -> None:
    """A small file that is shown at each drawing, as the picture of a page in the map of the lecture, gets its name once.

    Streamlit reads all of it for its name each time: a third of what the map costs.
    """
    name = memory_media_file_storage._calculate_file_id
    known = lru_cache(maxsize=256)(name)

    def name_of(data: bytes, mimetype: str, filename: str | None = None) -> str:
        return (known if len(data) <= SMALL else name)(data, mimetype, filename)

    changed: Any = memory_media_file_storage
    changed._calculate_file_id = name_of


def read_theme_once() -> None:
    """The colours and fonts of the configuration are put together once, not at each drawing of a page or a section."""
    fill = app_session._populate_theme_msg

    @cache
    def theme(section: str) -> CustomThemeConfig:
        message = CustomThemeConfig()
        fill(message, section)
        return message

    def copy(message: CustomThemeConfig, section: str = "theme") -> None:
        message.MergeFrom(theme(section))

    changed: Any = app_session
    changed._populate_theme_msg = copy
    config.on_config_parsed(theme.cache_clear, force_connect=True)


def copy_places_quickly() -> None:
    """A section remembers where on the page it stands: a copy of all containers around it, made at each drawing of the section and at
    each drawing of what it lies in. Of a place only the elements that stand there for a moment can change.
    """

    def copied(self: Cursor, memo: dict[int, Any]) -> Cursor:
        fresh = object.__new__(type(self))
        fresh.__dict__.update(self.__dict__)
        there = self._transient_elements
        fresh._transient_elements = deepcopy(there, memo) if len(there) else SparseList()
        return fresh

    def copied_with_its_parents(self: DeltaGenerator, memo: dict[int, Any]) -> DeltaGenerator:
        # Streamlit copies all that stands around a container once more for each container in it.
        around = self._parent
        fresh = DeltaGenerator(
            self._root_container,
            deepcopy(self._cursor, memo),
            None if around is None else deepcopy(around, memo),
            self._block_type,
        )
        fresh._form_data = self._form_data
        fresh._creating_fragment_id = self._creating_fragment_id
        return fresh

    changed: Any = Cursor
    changed.__deepcopy__ = copied
    changed = DeltaGenerator
    changed.__deepcopy__ = copied_with_its_parents


def keep_values_as_they_are() -> None:
    """Before each drawing Streamlit sets the values aside that were there before. That of a component is made ready for the page to
    read, with a class of its own, though nobody reads it: what was set aside is made ready again when somebody does.
    """

    def set_aside(self: SessionState) -> None:
        names = self._key_id_mapper.id_key_mapping
        for key in self:
            widget = self._get_widget_id(key)
            with suppress(KeyError):  # a value of a control that this server has not drawn yet
                self._old_state[key] = self._getitem(widget, names.get(key, key))
        self._new_session_state.clear()
        self._new_widget_state.clear()

    changed: Any = SessionState
    changed._compact_state = set_aside


def be_thrifty() -> None:
    """All of it."""
    look_up_one_by_one()
    read_theme_once()
    name_files_once()
    copy_places_quickly()
    keep_values_as_they_are()
