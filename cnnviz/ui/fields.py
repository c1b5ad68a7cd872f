"""The fields of a page's state: each is a value with type, range, words, its control and its text in an
address.
"""

import math
import re
from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, Self, TypeVar, cast, overload

import streamlit as st

from cnnviz.ui.address import (
    STICKY,
    Session,
    has_heard,
    is_from_before,
    key_of_control,
    session,
    will_hear,
)
from cnnviz.ui.outside import plain
from cnnviz.words import _

if TYPE_CHECKING:
    from cnnviz.ui.state import State

Value = TypeVar("Value")
Place = AbstractContextManager[Any]
LONGEST = 4000
"""Characters of one value in an address."""


class Foreign(ValueError):  # noqa: N818 - as the page says it
    """A text of an address that a field does not know."""


class Field(Generic[Value]):
    """One value of a page's state.

    Attributes:
        name: in links: ``name=text``.
        label: on the page.
        usual: what it is if nothing else is said; needs no word in the address.
        help: more words.
        shared: one value for all pages of a session that have the field.
        sticky: a link that does not name it leaves it.
        needs: name -> text, of the same page's fields: where the page shows this one.
    """

    name: str = ""

    def __init__(
        self,
        label: str,
        usual: Value,
        *,
        help: str | None = None,
        shared: bool = False,
        sticky: bool = False,
        needs: Mapping[str, str] | None = None,
    ) -> None:
        self.label, self.usual, self.help, self.shared, self.sticky, self.needs = (
            label,
            usual,
            help,
            shared or sticky,
            sticky,
            dict(needs or {}),
        )

    def __set_name__(self, owner: type, name: str) -> None:
        if not self.name:
            self.named(name)

    def named(self, name: str) -> Self:
        self.name = name
        if self.sticky:
            STICKY.add(name)
        return self

    @overload
    def __get__(self, state: None, owner: type) -> Self: ...
    @overload
    def __get__(self, state: "State", owner: type) -> Value: ...
    @overload
    def __get__(self, state: tuple[Any, ...], owner: type) -> Self: ...
    def __get__(self, state: "State | tuple[Any, ...] | None", owner: type) -> "Self | Value":
        return (
            cast(Value, state.chosen.get(self.name, self.usual))
            if state is not None and not isinstance(state, tuple)
            else self
        )

    def read(self, text: str) -> Value:
        """The value that a text of an address says.

        Raises:
            Foreign: it says none.
        """
        raise NotImplementedError

    def text(self, value: Value) -> str:
        """The value in an address."""
        return str(value)

    def draw(self) -> Value:
        """Its control; returns the value."""
        raise NotImplementedError

    def in_control(self, value: Value) -> Any:
        """The value as its control has it."""
        return value

    def in_words(self, value: Value) -> str:
        """The value as the page says it; empty where it needs no word."""
        return self.text(value)

    def explained(self, usual: Value, words: str | None = None) -> str | None:
        """The help of its control: what it is, and its usual value; in ``words``, where the control has others
        for it.
        """
        words = self.in_words(usual) if words is None else words
        if not self.help or not words:
            return _(self.help) if self.help else None
        return f"{_(self.help)} {_('Usual: {value}.', value=plain(words))}"

    def samples(self) -> list[Value]:
        """Some values besides the usual one, for tests."""
        return []

    @property
    def now(self) -> Value:
        """Its value on the page that is shown."""
        visit = session()
        if self.name in visit.here.held:
            return cast(Value, visit.here.held[self.name])
        return self._chosen(visit, self.usual)

    def kept(self) -> Value:
        """Its value where the page does not draw its control now; the address goes on saying it."""
        value = self.now
        return self.shows(value, None if value == self.usual else self.text(value))

    def set(self, value: Value) -> None:
        """Chooses a value by code; its control follows."""
        self._keep(session(), value)

    def forget(self) -> None:
        """Back to what is usual."""
        visit = session()
        for known in (visit.shared, visit.here.values, visit.here.linked, visit.here.held):
            known.pop(self.name, None)
        visit.here.texts[self.name] = None

    def _chosen(self, visit: Session, usual: Value) -> Value:
        here = visit.here
        values = visit.shared if self.shared else here.values
        text = here.linked.pop(self.name, None)
        if text is not None:
            try:
                values[self.name] = self.read(text[:LONGEST])
            except Foreign:
                values.pop(self.name, None)
                here.notes[self.name] = text
        return cast(Value, values.get(self.name, usual))

    def _keep(self, visit: Session, value: Value) -> None:
        here = visit.here
        (visit.shared if self.shared else here.values)[self.name] = value
        here.linked.pop(self.name, None)
        here.notes.pop(self.name, None)
        here.held[self.name] = value
        here.texts[self.name] = self.text(value)

    def shows(self, value: Value, text: str | None) -> Value:
        """The page shows this value, and the address says so with ``text``."""
        here = session().here
        here.linked.pop(self.name, None)
        here.texts[self.name] = here.said[self.name] = text
        here.held[self.name] = value
        return value

    def says(self, text: str | None) -> None:
        """The address says ``text`` of the field, whatever it holds."""
        here = session().here
        here.texts[self.name] = here.said[self.name] = text

    def note(self, value: str = "") -> None:
        """Says quietly what of the link, or which value, the page does not know."""
        foreign = session().here.notes.get(self.name) or value
        if foreign:
            st.caption(_("“{foreign}” is not possible here.", foreign=plain(foreign[:40])))

    def control(
        self,
        place: Place | None,
        usual: Value,
        fits: Callable[[Value], Value],
        widget: Callable[[Value | None, str, Callable[[], None]], Any],
        on_change: Callable[[], None] | None,
        told: Callable[[Any], Value] = lambda value: value,
    ) -> Value:
        """Draws the control and returns its value.

        Args:
            fits: the nearest value that is possible now.
            widget: draws it with a value, under a key, and calls the function when it was moved; without a
                value where the session's state has it.
            told: the value, of what the widget gives.
        """
        visit = session()
        here = visit.here
        chosen = self._chosen(visit, usual)
        begin = fits(chosen)
        if self.name in visit.hidden:
            here.drawn.pop(self.name, None)
            return self.shows(begin, None if begin == usual else self.text(begin))
        if has_heard(self.name):
            here.unheard.pop(self.name, None)
        before = here.drawn.get(self.name, begin)
        if before != begin and visit.by_history:
            here.versions[self.name] = here.versions.get(self.name, 0) + 1
            here.unheard.pop(self.name, None)
        elif before != begin:
            text = None if begin == usual else self.text(begin)
            if here.said.get(self.name) != text:
                will_hear(self.name, before, text)
        key = key_of_control(here, self.name)
        unheard = self.name in here.unheard or (before != begin and not visit.by_history)
        if unheard:
            st.session_state[key] = self.in_control(begin)

        def moved() -> None:
            if key not in st.session_state or key != key_of_control(here, self.name):
                # It was moved while the page went on to a state without it, and has gone; or the browser tells of one
                # that it has shown before, and that another one has replaced.
                return
            value = told(st.session_state[key])
            if is_from_before(self.name, value, key):
                return
            self._keep(session(), value)
            here.drawn[self.name] = value
            if value == usual:
                # The control may be gone in the run that follows, so that nobody else says it.
                here.texts[self.name] = None
            if on_change is not None:
                on_change()

        with place or nullcontext():
            value = told(widget(None if unheard else begin, key, moved))
            if value != begin:
                self._keep(visit, value)
            if value == begin:
                self.note(self.text(chosen) if begin != chosen else "")
        here.drawn[self.name] = value
        return self.shows(value, None if value == usual else self.text(value))


class Number(Field[int]):
    """A whole number in a range; a box, or a slider."""

    def __init__(
        self,
        label: str,
        usual: int,
        low: int,
        high: int,
        step: int = 1,
        *,
        slider: bool = False,
        **words: Any,
    ) -> None:
        super().__init__(label, usual, **words)
        self.low, self.high, self.step, self.slider = low, high, step, slider

    def read(self, text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise Foreign(text) from None
        if not self.low <= value <= self.high:
            raise Foreign(text)
        return value

    def samples(self) -> list[int]:
        return [
            value
            for value in dict.fromkeys((self.low, self.high, self.usual + self.step))
            if value != self.usual and self.low <= value <= self.high
        ]

    def draw(
        self,
        place: Place | None = None,
        *,
        label: str | None = None,
        usual: int | None = None,
        low: int | None = None,
        high: int | None = None,
        disabled: bool = False,
        on_change: Callable[[], None] | None = None,
    ) -> int:
        """The control; ``usual`` and the range as they are now, if they depend on what is shown."""
        least, most = self.low if low is None else low, self.high if high is None else high
        words = _(self.label if label is None else label)
        common = min(max(self.usual if usual is None else usual, least), most)
        help = self.explained(common)

        def widget(begin: int | None, key: str, moved: Callable[[], None]) -> int:
            if self.slider:
                return st.slider(
                    words,
                    least,
                    most,
                    begin,
                    self.step,
                    key=key,
                    help=help,
                    on_change=moved,
                    disabled=disabled,
                )
            first: Any = "min" if begin is None else begin
            return cast(
                int,
                st.number_input(
                    words,
                    least,
                    most,
                    first,
                    self.step,
                    key=key,
                    help=help,
                    on_change=moved,
                    disabled=disabled,
                ),
            )

        def fits(value: int) -> int:
            return min(max(value, least), most)

        return self.control(place, common, fits, widget, on_change, int)


class Real(Field[float]):
    """A number in a range; a box, or a slider."""

    def __init__(
        self,
        label: str,
        usual: float,
        low: float,
        high: float,
        step: float,
        *,
        slider: bool = False,
        **words: Any,
    ) -> None:
        super().__init__(label, usual, **words)
        self.low, self.high, self.step, self.slider = low, high, step, slider

    def read(self, text: str) -> float:
        value = _real(text)
        if not self.low <= value <= self.high:
            raise Foreign(text)
        return value

    def text(self, value: float) -> str:
        return f"{value:.7g}"

    def samples(self) -> list[float]:
        return [value for value in dict.fromkeys((self.low, self.high)) if value != self.usual]

    def draw(
        self,
        place: Place | None = None,
        *,
        label: str | None = None,
        usual: float | None = None,
        on_change: Callable[[], None] | None = None,
    ) -> float:
        words = _(self.label if label is None else label)
        common = self.usual if usual is None else usual
        help = self.explained(common)

        def widget(begin: float | None, key: str, moved: Callable[[], None]) -> float:
            if self.slider:
                return st.slider(
                    words, self.low, self.high, begin, self.step, key=key, help=help, on_change=moved
                )
            first: Any = "min" if begin is None else begin
            return cast(
                float,
                st.number_input(
                    words, self.low, self.high, first, self.step, key=key, help=help, on_change=moved
                ),
            )

        return self.control(place, common, lambda value: value, widget, on_change)


class Open(Field[float | None]):
    """A number that may be left open; then ``placeholder`` says what it is."""

    def __init__(
        self,
        label: str,
        low: float | None = None,
        high: float | None = None,
        *,
        whole: bool = False,
        placeholder: str = "",
        **words: Any,
    ) -> None:
        super().__init__(label, None, **words)
        self.low, self.high, self.whole, self.placeholder = low, high, whole, placeholder

    def read(self, text: str) -> float | None:
        value = _real(text)
        if (
            (self.low is not None and value < self.low)
            or (self.high is not None and value > self.high)
            or (self.whole and value != int(value))
        ):
            raise Foreign(text)
        return int(value) if self.whole else value

    def text(self, value: float | None) -> str:
        return "" if value is None else f"{value:.7g}"

    def samples(self) -> list[float | None]:
        return [self.high if self.high is not None else 7 if self.whole else 0.5]

    def draw(
        self,
        place: Place | None = None,
        *,
        placeholder: str | None = None,
        on_change: Callable[[], None] | None = None,
    ) -> float | None:
        empty = _(self.placeholder if placeholder is None else placeholder)
        help = self.explained(None, empty)

        def widget(begin: float | None, key: str, moved: Callable[[], None]) -> float | None:
            # Given as a default, an emptied box would go back to it.
            if begin is not None and key not in st.session_state:
                st.session_state[key] = int(begin) if self.whole else float(begin)
            if self.whole:
                low, high = (None if limit is None else int(limit) for limit in (self.low, self.high))
                return st.number_input(
                    _(self.label),
                    low,
                    high,
                    value=None,
                    step=1,
                    placeholder=empty,
                    key=key,
                    help=help,
                    on_change=moved,
                )
            low_real, high_real = (None if limit is None else float(limit) for limit in (self.low, self.high))
            return st.number_input(
                _(self.label),
                low_real,
                high_real,
                value=None,
                format="%g",
                placeholder=empty,
                key=key,
                help=help,
                on_change=moved,
            )

        return self.control(place, None, lambda value: value, widget, on_change)


class Switch(Field[bool]):
    """On or off."""

    def __init__(self, label: str, usual: bool = False, **words: Any) -> None:
        super().__init__(label, usual, **words)

    def read(self, text: str) -> bool:
        if text.lower() not in ("true", "false"):
            raise Foreign(text)
        return text.lower() == "true"

    def text(self, value: bool) -> str:
        return "true" if value else "false"

    def in_words(self, value: bool) -> str:
        return _("on") if value else _("off")

    def samples(self) -> list[bool]:
        return [not self.usual]

    def draw(self, place: Place | None = None, *, on_change: Callable[[], None] | None = None) -> bool:
        def widget(begin: bool | None, key: str, moved: Callable[[], None]) -> bool:
            return st.toggle(
                _(self.label), begin or False, key=key, help=self.explained(self.usual), on_change=moved
            )

        return self.control(place, self.usual, lambda value: value, widget, on_change)


class Titles(Mapping[str, str]):
    """Name -> title, made anew at each look: a registry may grow after the page's state was declared.

    ``find`` knows titles that a menu does not show to everybody, such as that of a data set of one's own.
    """

    def __init__(
        self, make: Callable[[], Mapping[str, str]], find: Callable[[str], str] | None = None
    ) -> None:
        self._make, self._find = make, find

    def __getitem__(self, name: str) -> str:
        known = self._make()
        return self._find(name) if name not in known and self._find else known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._make())

    def __len__(self) -> int:
        return len(self._make())

    def items(self) -> ItemsView[str, str]:
        return self._make().items()


class Titled(Protocol):
    """An entry of a registry."""

    @property
    def title(self) -> str: ...


def titles_of(registry: Mapping[str, Titled]) -> Titles:
    """The titles of a registry's entries by name."""
    return Titles(
        lambda: {name: entry.title for name, entry in registry.items()}, lambda name: registry[name].title
    )


class Choice(Field[str]):
    """One of several names, shown with their titles: a menu, or a row of buttons for few short titles.

    Attributes:
        titles: name -> title, in the order of the menu; ``None`` where only the page knows them.
        former: names that old links have -> the name of today.
        hide: the label is only for screen readers.
    """

    def __init__(
        self,
        label: str,
        titles: Mapping[str, str] | None,
        usual: str | None = None,
        *,
        kind: Literal["menu", "buttons"] = "menu",
        former: Mapping[str, str] | None = None,
        hide: bool = False,
        **words: Any,
    ) -> None:
        super().__init__(
            label, usual if usual is not None else next(iter(titles), "") if titles else "", **words
        )
        self.titles, self.kind, self.former, self.hide = titles, kind, dict(former or {}), hide

    def read(self, text: str) -> str:
        name = self.former.get(text, text)
        if self.titles is not None and name not in self.titles:
            raise Foreign(text)
        return name

    def samples(self) -> list[str]:
        return [name for name in self.titles or () if name != self.usual]

    def draw(
        self,
        place: Place | None = None,
        *,
        titles: Mapping[str, str] | None = None,
        usual: str | None = None,
        on_change: Callable[[], None] | None = None,
    ) -> str:
        """The control; ``titles`` and ``usual`` as they are now, if they depend on what is shown."""
        known = dict(((self.titles or {}) if titles is None else titles).items())
        if titles is None and self.titles and (asked := self.now) not in known and asked in self.titles:
            known[asked] = self.titles[asked]
        first = next(iter(known))
        common = usual if usual is not None else self.usual if self.usual in known else first
        names, said = list(known), {name: _(title) for name, title in known.items()}

        def widget(begin: str | None, key: str, moved: Callable[[], None]) -> str | None:
            visibility: Literal["visible", "collapsed"] = "collapsed" if self.hide else "visible"
            if self.kind == "menu":
                return st.selectbox(
                    _(self.label),
                    names,
                    0 if begin is None else names.index(begin),
                    format_func=said.__getitem__,
                    key=key,
                    help=self.explained(common, said[common]),
                    label_visibility=visibility,
                    on_change=moved,
                )
            return st.segmented_control(
                _(self.label),
                names,
                default=begin,
                format_func=lambda name: plain(said[name]),
                key=key,
                help=self.explained(common, said[common]),
                required=True,
                label_visibility=visibility,
                wrap=True,
                on_change=moved,
            )

        return self.control(
            place,
            common,
            lambda name: name if name in known else common,
            widget,
            on_change,
            lambda name: name or common,
        )


class Choices(Field[tuple[str, ...]]):
    """Any number of several names; in links ``name,name``. A comma of a name is written ``\\,`` there."""

    def __init__(
        self, label: str, titles: Mapping[str, str] | None, usual: Iterable[str], **words: Any
    ) -> None:
        super().__init__(label, tuple(usual), **words)
        self.titles = titles

    def read(self, text: str) -> tuple[str, ...]:
        written = re.findall(r"(?:[^,\\]|\\.)+", text)
        names = tuple(re.sub(r"\\(.)", r"\1", name) for name in written)
        known = names if self.titles is None else tuple(name for name in self.titles if name in names)
        if names and not known:
            raise Foreign(text)
        return known

    def text(self, value: tuple[str, ...]) -> str:
        return ",".join(re.sub(r"([,\\])", r"\\\1", name) for name in value)

    def in_control(self, value: tuple[str, ...]) -> list[str]:
        return list(value)

    def samples(self) -> list[tuple[str, ...]]:
        names = list(self.titles or ())
        return [(), tuple(names[:1]), tuple(names[-2:])] if names else []

    def draw(
        self,
        place: Place | None = None,
        *,
        titles: Mapping[str, str] | None = None,
        usual: Iterable[str] | None = None,
        on_change: Callable[[], None] | None = None,
    ) -> tuple[str, ...]:
        """The control; ``titles`` and ``usual`` as they are now, if they depend on what is shown."""
        chosen = self.usual if usual is None else tuple(usual)
        known = dict(((self.titles or {}) if titles is None else titles).items())

        said = {name: _(title) for name, title in known.items()}

        def in_order(names: Sequence[str]) -> tuple[str, ...]:
            return tuple(name for name in known if name in names)

        def fits(names: tuple[str, ...]) -> tuple[str, ...]:
            return in_order(names) if in_order(names) or not names else in_order(chosen)

        def widget(begin: tuple[str, ...] | None, key: str, moved: Callable[[], None]) -> list[str]:
            return st.pills(
                _(self.label),
                list(known),
                selection_mode="multi",
                default=None if begin is None else list(begin),
                format_func=lambda name: plain(said[name]),
                key=key,
                help=self.explained(chosen, ", ".join(said[name] for name in in_order(chosen))),
                wrap=True,
                on_change=moved,
            )

        return self.control(place, in_order(chosen), fits, widget, on_change, in_order)


class Text(Field[str]):
    """A text; with a box to type it, or set by what the student clicks."""

    def __init__(self, label: str, usual: str = "", **words: Any) -> None:
        super().__init__(label, usual, **words)

    def read(self, text: str) -> str:
        return text

    def draw(self, place: Place | None = None, *, on_change: Callable[[], None] | None = None) -> str:
        def widget(begin: str | None, key: str, moved: Callable[[], None]) -> str:
            return st.text_input(
                _(self.label), begin or "", key=key, help=self.explained(self.usual), on_change=moved
            )

        return self.control(place, self.usual, lambda value: value, widget, on_change)


class Code(Field[str]):
    """The code of a room that this browser has joined; no page draws it."""

    def read(self, text: str) -> str:
        code = text.strip().upper()
        if code and not re.fullmatch("[A-Z0-9]{5}", code):
            raise Foreign(text)
        return code


def number_row(*fields: Number, on_change: Callable[[], None] | None = None) -> list[int]:
    """Whole numbers side by side."""
    return [
        entry.draw(column, on_change=on_change)
        for column, entry in zip(st.columns(len(fields)), fields, strict=True)
    ]


def _real(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise Foreign(text) from None
    if not math.isfinite(value):
        raise Foreign(text)
    return value
