"""The components that answer in the browser: their files in ``assets/components``, and one function each."""

import base64
import binascii
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import orjson
import streamlit as st
import torch
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.figures import GREY, NetworkDrawing, Sheet, palette
from cnnviz.figures.network_drawing import kind_colours
from cnnviz.settings import ASSETS
from cnnviz.ui.address import session
from cnnviz.ui.component_words import language_of
from cnnviz.ui.messages import (
    BoxesMessage,
    BoxMark,
    BoxStep,
    MapWallMessage,
    MatrixMessage,
    Message,
    NetworkCard,
    NetworkFrame,
    NetworkMessage,
    Scale,
    ScatterGroup,
    ScatterMessage,
    SketchpadMessage,
    StepPlayerMessage,
    WallLabel,
    WallMark,
    WallSheet,
)
from cnnviz.ui.pictures import picture_url
from cnnviz.words import _, language

SKETCH_SIDE = 112


@cache
def _read(file: str) -> str:
    path = ASSETS / "components" / file
    return path.read_text(encoding="utf-8") if path.is_file() else ""


_lock = threading.Lock()


def _component(name: str) -> Callable[..., Any]:
    """A component by the name of its files; its script is a module that the browser fetches once, with all
    that it imports.

    Streamlit serves the files of installed packages that declare a folder for them. The app runs from its own
    folder, so it declares that here.
    """
    manager = get_bidi_component_manager()
    with _lock:
        if manager.get_component_asset_root(f"cnnviz.{name}") is None:
            manager.register_from_manifest(
                ComponentManifest("cnnviz", "1", [ComponentConfig(name, "components")]), ASSETS
            )
        return _defined(name)


@cache
def _defined(name: str) -> Callable[..., Any]:
    css = _read("common.css") + _read(f"{name}.css")
    return st.components.v2.component(
        f"cnnviz.{name}", html=_read(f"{name}.html") or "<span></span>", css=css, js=f"{name}.js"
    )


def component(
    name: str, key: str, data: Message | None = None, *, pictures: bool = False, **options: Any
) -> Any:
    """Shows a component of ``assets/components``; returns what Streamlit returns of it.

    The message travels as bytes of JSON: given as a dictionary, Streamlit would write it twice, each time
        five times as slowly.

    Args:
        data: for its script; NaN and infinity become null.
        pictures: its data hold addresses of ``picture_url``; it says so if it cannot fetch them.
        options: Streamlit's own.
    """
    if pictures:
        options["default"] = {"embedded": False, **options.get("default", {})}
        options["on_embedded_change"] = listen
    return _component(name)(key=key, data=_written(name, data), **options)


def _written(name: str, data: Message | None) -> bytes | None:
    """The message, and the words of the language of whoever looks."""
    spoken = language_of(name, language())
    if spoken is None:
        return None if data is None else orjson.dumps(data)
    words = b'{"language":' + orjson.dumps(spoken)
    rest = b"{}" if data is None else orjson.dumps(data)
    return words + (b"}" if rest == b"{}" else b"," + rest[1:])


def listen() -> None:
    """A component only keeps a value that somebody listens to."""


def told(key: str, value: str, hear: Callable[[Any], None]) -> Callable[[], None]:
    """For ``on_…_change`` of the component ``key``: ``hear`` gets what the student did, once.

    When code goes to another page, Streamlit forgets on the server what each component said; the browser does
        not, and says it with its next request once more. So news, which carry their time, are compared.
    """

    def call() -> None:
        news = (st.session_state.get(key) or {}).get(value)
        heard = session().heard
        if news is not None and news != heard.get((key, value)):
            heard[key, value] = news
            hear(news)

    return call


def answered(key: str, value: str, is_shown: Callable[[Any], bool]) -> str:
    """The number of the last change that the component ``key`` told, where it is what the page shows now; else nothing.

    Args:
        is_shown: is given the change. Where it cannot be read (``CnnvizError``), it is not shown.
    """
    news = session().heard.get((key, value))
    try:
        return str(news["number"]) if news is not None and is_shown(news) else ""
    except (CnnvizError, KeyError, TypeError):
        return ""


def browser_key(place: str = "browser_key") -> str | None:
    """This browser's secret; ``None`` until the browser has told it, a moment after the very first visit.

    Args:
        place: names the element; another one for each call on a page.
    """
    key = known_browser()
    if key is None:
        key = _as_key(component("browser_key", place, default={"key": None}, on_key_change=listen).key)
    if key is not None:
        st.session_state["browser_secret"] = key
    return key


def known_browser() -> str | None:
    """This browser's secret, where it has told it; nothing is drawn."""
    return _as_key(st.session_state.get("browser_secret")) or _as_key(st.context.cookies.get("cnnviz-key"))


def _as_key(told: object) -> str | None:
    return told if isinstance(told, str) and re.fullmatch("[0-9a-f]{32}", told) else None


def step_player(
    key: str,
    run: str,
    steps: Sequence[int],
    total: int,
    step: int | None,
    live: bool,
    on_step: Callable[[int | None], None],
) -> None:
    """Shows the saved steps.

    Args:
        step: the step to show now; ``None``: the newest.
        live: the run still grows; offers to follow its newest step.
        on_step: gets the step that the student chose.
    """
    data = StepPlayerMessage(run, list(steps), total, step, live)

    def hear(news: Any) -> None:
        chosen = news.get("step")
        on_step(chosen if isinstance(chosen, int) else None)

    component(
        "step_player", key, data=data, default={"chosen": None}, on_chosen_change=told(key, "chosen", hear)
    )


@dataclass(frozen=True)
class WallItem:
    """One sheet on the wall.

    Attributes:
        name: what a click reports; a layer's name.
        shape: small print beside the title, such as 16 × 12 × 12.
        unit: what one cell is called: map, kernel, unit, image.
        labels: one (text, colour or "") a cell, written below; for sheets with one row.
        target: height wanted on the screen, in CSS pixels.
        title: its heading; the name, if not given.
        cells: a sheet of one map whose cells, row by row, can be clicked instead of maps.
        field: (top, left, bottom, right) in pixels of a sheet of one map: a frame around them.
        hint: what a click does.
    """

    name: str
    sheet: Sheet
    shape: str = ""
    unit: str = "map"
    labels: tuple[tuple[str, str], ...] = ()
    target: int = 150
    most: int = 1200
    legend: bool = True
    title: str = ""
    cells: bool = False
    field: tuple[int, int, int, int] | None = None
    hint: str = "Click a map to open it."


def map_wall(
    key: str,
    items: Sequence[WallItem],
    picked: tuple[str, int] | None = None,
    on_pick: Callable[[str, int], None] | None = None,
) -> None:
    """Sheets of maps side by side.

    Args:
        picked: (sheet, map) to mark.
        on_pick: gets the sheet and the map that was clicked; without it nothing can be clicked.
    """
    sheets = [_sheet(key, item) for item in items]
    names = {item.name for item in items}

    def hear(news: Any) -> None:
        if on_pick is not None and str(news["layer"]) in names:
            on_pick(str(news["layer"]), int(news["map"]))

    data = MapWallMessage(sheets, WallMark(*picked) if picked else None, on_pick is not None)
    component(
        "map_wall",
        key,
        data=data,
        pictures=True,
        default={"picked": None},
        on_picked_change=told(key, "picked", hear),
    )


def _end(value: float) -> str:
    """A number at an end of a legend: three digits, and whole thousands as they are read."""
    return f"{value:.0f}" if 1000 <= abs(value) < 100_000 else f"{value:.3g}"


def _sheet(key: str, item: WallItem) -> WallSheet:
    sheet = item.sheet
    # Of a sheet whose cells are clicked each cell counts as a map.
    cells = (sheet.height * sheet.width, sheet.width, sheet.height, 1, 1)
    count, columns, rows, height, width = (
        cells if item.cells else (sheet.count, sheet.columns, sheet.rows, sheet.height, sheet.width)
    )
    return WallSheet(
        name=item.name,
        title=_(item.title or item.name),
        shape=item.shape,
        unit=_(item.unit),
        alt=sheet.alt,
        url=picture_url(sheet.png, key, sheet.name),
        count=count,
        columns=columns,
        rows=rows,
        height=height,
        width=width,
        cells=item.cells,
        field=item.field,
        hint=_(item.hint),
        low=_end(sheet.low),
        high=_end(sheet.high),
        css=sheet.scale.css if item.legend else "",
        stops=[] if sheet.scale is GREY else list(sheet.scale.stops),
        span=(sheet.low, sheet.high),
        target=item.target,
        most=item.most,
        labels=[WallLabel(text, colour) for text, colour in item.labels] or None,
    )


def boxes(
    key: str,
    sheet: Sheet,
    marks: Sequence[BoxMark],
    alt: str,
    table: tuple[str, Sequence[str], Sequence[Sequence[str]]],
    *,
    steps: Sequence[BoxStep] = (),
    start: int = 0,
    target: int = 420,
) -> None:
    """A picture with boxes, and what becomes of them step by step.

    Args:
        sheet: of one picture.
        table: caption, titles of the columns, and rows; as many rows as steps: the row of the step is marked.
        target: height wanted on the screen, in CSS pixels.
    """
    caption, head, rows = table
    data = BoxesMessage(
        url=picture_url(sheet.png, key, sheet.name),
        alt=alt,
        width=sheet.width,
        height=sheet.height,
        target=target,
        boxes=marks,
        steps=steps,
        start=start,
        caption=caption,
        head=[_(title) for title in head],
        rows=rows,
    )
    component("boxes", key, data=data, pictures=True)


def sketchpad(key: str) -> Tensor:
    """A pad to draw on. Returns the ink, (1, 112, 112) float in [0, 1]; all zero while nothing is drawn.

    Args:
        key: of the pad; the browser keeps the drawing of each key for itself, for all pages.
    """
    result = component(
        "sketchpad", key, data=SketchpadMessage(key), default={"ink": ""}, on_ink_change=listen
    )
    try:
        values = np.frombuffer(base64.b64decode(result.ink or "", validate=True), dtype=np.uint8)
    except (binascii.Error, TypeError, ValueError):
        values = np.empty(0, dtype=np.uint8)
    if values.size != SKETCH_SIDE**2:
        return torch.zeros(1, SKETCH_SIDE, SKETCH_SIDE)
    return torch.from_numpy(values.reshape(1, SKETCH_SIDE, SKETCH_SIDE).astype(np.float32) / 255)


def scatter(
    key: str,
    points: Tensor,
    group: Sequence[int],
    groups: Sequence[tuple[str, str, str]],
    texts: Sequence[str],
    sprite: Sheet,
    alt: str,
    ringed: Sequence[bool],
    on_pick: Callable[[int], None],
) -> None:
    """Images as points.

    Args:
        points: (N, 2) in any unit.
        group: the group of each point.
        groups: (marker, name, colour) of each group; the marker is drawn.
        texts: what is said of each point.
        sprite: the N images, square.
        ringed: points to mark with a ring.
        on_pick: gets the number of the one that was clicked.
    """
    low, high = points.amin(0), points.amax(0)
    places = ((points - low) / (high - low).clamp_min(1e-9)).tolist()
    data = ScatterMessage(
        x=[round(x, 4) for x, __ in places],
        y=[round(y, 4) for __, y in places],
        group=list(group),
        ringed=list(ringed),
        texts=list(texts),
        groups=[ScatterGroup(*one) for one in groups],
        sprite=picture_url(sprite.png, key, sprite.name),
        columns=sprite.columns,
        side=sprite.width,
        alt=alt,
        hint=_("Point at a marker to see its image; click it to open it in the microscope."),
    )

    def hear(news: Any) -> None:
        if 0 <= int(news["number"]) < len(places):
            on_pick(int(news["number"]))

    component(
        "scatter",
        key,
        data=data,
        pictures=True,
        default={"picked": None},
        on_picked_change=told(key, "picked", hear),
    )


def matrix(
    key: str,
    values: Sequence[Sequence[int]],
    rows: Sequence[str],
    columns: Sequence[str],
    titles: tuple[str, str],
    picked: tuple[int, int] | None,
    caption: str,
    on_pick: Callable[[int, int], None],
    *,
    shares: Sequence[Sequence[float]] | None = None,
    ends: tuple[str, str] = ("0 %", "100 % of the row"),
) -> None:
    """A table of counts, each row coloured by its shares.

    Args:
        titles: what rows and columns are, such as ("true", "predicted").
        picked: the cell to mark.
        on_pick: gets row and column of the cell that was clicked.
        shares: the colours, 0 to 1, if they are not the shares of the row's sum.
        ends: what stands at the ends of the legend.
    """
    shares = shares or [[value / max(1, sum(row)) for value in row] for row in values]
    data = MatrixMessage(
        values=[list(row) for row in values],
        shares=[list(row) for row in shares],
        rows=list(rows),
        columns=list(columns),
        row_title=titles[0],
        column_title=titles[1],
        picked=picked,
        scale=Scale.of(palette().sequential, 0, 1),
        low=ends[0],
        high=ends[1],
        caption=caption,
    )

    def hear(news: Any) -> None:
        row, column = int(news["row"]), int(news["column"])
        if 0 <= row < len(rows) and 0 <= column < len(columns):
            on_pick(row, column)

    component("matrix", key, data=data, default={"picked": None}, on_picked_change=told(key, "picked", hear))


def network_view(
    key: str, drawing: NetworkDrawing, picked: str = "", *, on_pick: Callable[[str], None] | None = None
) -> None:
    """A network as cards and lines.

    Args:
        picked: the layer to mark.
        on_pick: gets the layer that was clicked; without it a click opens nothing.
    """
    cards = [
        NetworkCard(
            card.name,
            card.block,
            _(card.title),
            card.kind,
            card.shape,
            card.parameters,
            card.multiply_adds,
            card.field,
        )
        for card in drawing.cards
    ]
    frames = [NetworkFrame(frame.name, frame.parent, _(frame.title)) for frame in drawing.frames]
    data = NetworkMessage(
        _(drawing.title),
        drawing.alt,
        drawing.input_shape,
        cards,
        frames,
        drawing.lines,
        drawing.folded,
        picked,
        on_pick is not None,
        kind_colours(),
    )
    known = {card.name for card in drawing.cards}

    def hear(news: Any) -> None:
        if on_pick is not None and news.get("name") in known:
            on_pick(str(news["name"]))

    component("network", key, data=data, default={"picked": None}, on_picked_change=told(key, "picked", hear))
