"""What a page shows stands in its address, so that every state is a link.

Numbers, switches and texts are bound by Streamlit (``bind="query-params"``). This module does it for what Streamlit
cannot: choices, which it would write with their titles instead of their names, and values that code changes.

The control wins when it was moved; else the address, when it changed by itself (a link was clicked). Either way the
control's value is then written into the address.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, cast
from urllib.parse import urlencode

import streamlit as st

LAG_SECONDS = 2.0
"""A quick second click may bring the address of before the first: what was replaced this recently is no link."""


@dataclass
class _Address:
    """What this session knows of its address.

    Attributes:
        written: name -> what a page wrote last (``None``: nothing), and what that replaced lately, and when.
        kept: name -> the choice that stood there last, for when the student comes back to the page.
        linked: name -> the choice that a link replaced lately, and when.
        heard: the state in the address when a page or a section was drawn last.
    """

    written: dict[str, tuple[str | None, dict[str | None, float]]] = field(default_factory=dict)
    kept: dict[str, object] = field(default_factory=dict)
    linked: dict[str, tuple[object, float]] = field(default_factory=dict)
    heard: dict[str, str] | None = None


def _address() -> _Address:
    """One entry of the session's state, because Streamlit goes through all entries for each number and each menu that it draws."""
    return cast(_Address, st.session_state.setdefault("address", _Address()))


def hear_address() -> None:
    """Called when a section is drawn."""
    _address().heard = st.query_params.to_dict()


def tell_address() -> None:
    """Called when a whole page is drawn: a link to the page that it stands on goes to its state, but Streamlit leaves the browser's address.

    Only when the state is another one than in the last drawing, because an address that the browser has moved on from meanwhile must not come back.
    """
    state, address = st.query_params.to_dict(), _address()
    if address.heard not in (None, state):
        # Changes nothing, but is told to the browser.
        st.query_params.update({})
    address.heard = state


def page_address(state: Mapping[str, str]) -> str:
    """The address of this page in the given state, to be copied."""
    return f"{st.context.url or ''}?{urlencode(state)}"


def changed_by_itself(key: str) -> bool:
    """Whether the address says something of ``key`` that this page did not write."""
    known = _address().written.get(key)
    if known is None:
        return True
    written, before = known
    text = st.query_params.get(key)
    return text != written and time.monotonic() - before.get(text, -math.inf) > LAG_SECONDS


def write(key: str, text: str | None) -> None:
    """Puts ``key=text`` into the address, or takes it out, and remembers that this page did it."""
    if text != st.query_params.get(key):
        if text is None:
            del st.query_params[key]
        else:
            st.query_params[key] = text
    known = _address().written
    now = time.monotonic()
    written, before = known.get(key, (text, {}))
    if text != written:
        before = {old: when for old, when in before.items() if now - when <= LAG_SECONDS} | {written: now}
    known[key] = text, before


Kind = Literal["menu", "buttons"]


def choice(
    label: str,
    titles: Mapping[str, str],
    key: str,
    *,
    default: str | None = None,
    kind: Kind = "menu",
    help: str | None = None,
    hide: bool = False,
    former: Mapping[str, str] | None = None,
    on_change: Callable[[], None] | None = None,
) -> str:
    """One of several names, shown with their titles; in the address it is ``key=name``.

    Args:
        titles: name -> title, in the order of the menu.
        default: the name that needs no word in the address; the first one if not given.
        kind: a menu, or a row of buttons for few short titles.
        hide: the label is only for screen readers.
        former: names that old links have -> the name of today.
        on_change: called when the control was moved.
    """
    usual = default if default is not None else next(iter(titles))

    def read(text: str) -> str:
        name = (former or {}).get(text, text)
        return name if name in titles else usual

    begin = _seed(key, usual, read)
    names = list(titles)
    if begin is not None and begin not in titles:
        begin = usual

    def keep(chosen: str | None) -> str:
        name = chosen or usual
        _keep(key, name, None if name == usual else name)
        return name

    moved = _moved(key, keep, on_change)
    visibility: Literal["visible", "collapsed"] = "collapsed" if hide else "visible"
    if kind == "menu":
        index = 0 if begin is None else names.index(begin)
        return keep(st.selectbox(
            label, names, index, format_func=titles.__getitem__, key=key, help=help, label_visibility=visibility, on_change=moved
        ))  # fmt: skip
    return keep(st.segmented_control(
        label, names, default=begin, format_func=titles.__getitem__, key=key, help=help, required=True,
        label_visibility=visibility, wrap=True, on_change=moved,
    ))  # fmt: skip


def chosen(key: str) -> Any:
    """What a ``choice`` (a name) or ``choices`` (a list) holds, for a section that does not draw it."""
    return _address().kept[key]


Value = TypeVar("Value")


def _moved(key: str, keep: Callable[[Any], object], on_change: Callable[[], None] | None) -> Callable[[], None] | None:
    """``on_change`` may draw other sections, and not the one the control lies in; so the choice is kept before."""
    if on_change is None:
        return None
    then = on_change

    def moved() -> None:
        here = st.session_state[key]
        before, when = _address().linked.get(key, (None, -math.inf))
        # Else the browser has not heard of a link's value yet, and says what was before.
        if here != before or time.monotonic() - when > LAG_SECONDS:
            keep(here)
        then()

    return moved


def number_row(*fields: tuple[str, str, int, int, int], on_change: Callable[[], None] | None = None) -> None:
    """Whole numbers side by side. Of each: its label, its name in the address, the least, the largest and the usual number."""
    for column, (label, key, least, most, usual) in zip(st.columns(len(fields)), fields, strict=True):
        column.number_input(label, least, most, usual, key=key, bind="query-params", on_change=on_change)


def choices(
    label: str, titles: Mapping[str, str], key: str, *, default: Sequence[str], help: str | None = None, on_change: Callable[[], None] | None = None
) -> list[str]:
    """Any number of several names, in the order of ``titles``; in the address ``key=name,name``."""
    usual = list(default)

    def read(text: str) -> list[str]:
        known = [name for name in titles if name in text.split(",")]
        return known if known or not text else usual

    begin = _seed(key, usual, read)
    start = None if begin is None else [name for name in titles if name in begin]

    def keep(chosen: Sequence[str]) -> list[str]:
        names = [name for name in titles if name in chosen]
        _keep(key, names, None if names == usual else ",".join(names))
        return names

    moved = _moved(key, keep, on_change)
    return keep(st.pills(
        label, list(titles), selection_mode="multi", default=start, format_func=titles.__getitem__, key=key, help=help, wrap=True, on_change=moved
    ))  # fmt: skip


def switch(label: str, key: str, *, help: str | None = None) -> bool:
    """On or off, on all pages of this session; in the address ``key=true``. Code may flip ``st.session_state[key]``."""
    page = st.context.url
    if key not in st.session_state or (changed_by_itself(key) and (st.session_state.get(f"{key}_page") == page or key in st.query_params)):
        st.session_state[key] = st.query_params.get(key) == "true"
    st.session_state[f"{key}_page"] = page
    on = st.toggle(label, key=key, help=help)
    write(key, "true" if on else None)
    return on


def _seed(key: str, usual: Value, read: Callable[[str], Value]) -> Value | None:
    """What the control begins with: from a link, or, on return to the page, what it was; ``None`` where its value was just set.

    A new control gets it as its default. If its value were set instead and the page ran again before the browser had drawn it
    (a component told something), the browser would never hear of the value.
    """
    address = _address()
    kept, now = address.kept, time.monotonic()
    text = st.query_params.get(key)
    if key not in st.session_state:
        return cast(Value, kept.get(key, usual)) if text is None else read(text)
    here = st.session_state[key]
    before, when = address.linked.get(key, (here, -math.inf))
    chosen = kept.get(key)
    # The browser may not have heard of the link's value yet: what it says then is still of before.
    unsure = now - when <= LAG_SECONDS and here in (before, chosen)
    if (unsure or here == chosen) and changed_by_itself(key):
        address.linked[key] = here, now
        st.session_state[key] = usual if text is None else read(text)
        return None
    if unsure:
        if here != chosen:
            address.linked[key] = before, now
        st.session_state[key] = chosen
        return None
    if here != chosen:
        return None
    return cast(Value, here)


def _keep(key: str, value: object, text: str | None) -> None:
    _address().kept[key] = value
    write(key, text)
