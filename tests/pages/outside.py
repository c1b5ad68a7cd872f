"""What of a page's text its reader takes for Markdown or for HTML, and what for letters."""

import json
from collections.abc import Iterator
from typing import Any

from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

LETTERS = {
    "Code.code_text",
    "TextInput.value",
    "TextInput.default",
    "TextInput.placeholder",
    "TextArea.value",
    "TextArea.default",
    "Selectbox.options",
    "Selectbox.raw_value",
    "Text.body",
    "PlotlyChart.spec",
    "PlotlyChart.alt",
    "DownloadButton.url",
    "BidiComponent.json",
}
"""What is shown letter by letter, whatever it says; ``PlotlyChart.spec`` has a test of its own."""
NAMES = {
    "id",
    "key",
    "url",
    "form_id",
    "page_script_hash",
    "query_string",
    "page",
    "element_id",
    "icon",
    "raw_values",
}
"""Fields that are never drawn."""


def markdown_of(app: AppTest) -> Iterator[tuple[str, str]]:
    """(where, text) of all that is read as Markdown or HTML on the page."""
    for node in _nodes(app._tree):
        proto = getattr(node, "proto", None)
        if isinstance(proto, Message):
            kind = proto.DESCRIPTOR.name
            for place, text in _texts(proto):
                if f"{kind}.{place}" not in LETTERS and kind != "BidiComponent":
                    yield f"{kind}.{place}", text


def _nodes(block: Any) -> Iterator[Any]:
    yield block
    for child in getattr(block, "children", {}).values():
        yield from _nodes(child)


def _texts(message: Message, path: str = "") -> Iterator[tuple[str, str]]:
    for field, value in message.ListFields():
        place = f"{path}{field.name}"
        if field.name in NAMES:
            continue
        values = value if field.is_repeated else [value]
        for one in values:
            if isinstance(one, Message):
                yield from _texts(one, f"{place}.")
            elif isinstance(one, str):
                yield place, one


def plotly_of(app: AppTest) -> Iterator[str]:
    """The texts of all Plotly figures of the page; Plotly reads some HTML in them."""
    for chart in app.get("plotly_chart"):
        yield from _strings(json.loads(chart.proto.spec))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)
