"""All texts of a page that a person reads, of the messages that Streamlit sends to the browser."""

import json
from collections.abc import Iterator
from typing import Any

from streamlit.testing.v1 import AppTest

HIDDEN = frozenset(
    (
        *(
            "id",
            "form_id",
            "key",
            "icon",
            "url",
            "page",
            "query_params",
            "query_string",
            "element_id",
            "language",
            "url_path",
        ),
        *(
            "format",
            "page_script_hash",
            "theme",
            "config",
            "fragment_id",
            "data_hash",
            "group_id",
            "shortcut",
            "type",
        ),
        *(
            "component_name",
            "js_content",
            "css_content",
            "html_content",
            "width",
            "height",
            "external_url",
            "default",
            "locale",
            "deferred_file_id",
            "terms",
        ),
    )
)
"""Fields of a message that nobody reads."""
SHOWN = frozenset(
    (
        "title",
        "alt",
        "words",
        "unit",
        "label",
        "hint",
        "says",
        "shape",
        "rule",
        "caption",
        "summary",
        "head",
        "error",
    )
)
"""Fields of what a component is told that it shows."""
FIGURE = ("title", "name", "hovertemplate", "text", "ticktext", "label")


def texts(app: AppTest) -> Iterator[tuple[str, str]]:
    """(where, text): each text of a page."""
    for place in (app.main, app.sidebar):
        yield from _in_block(place)


def _in_block(block: Any) -> Iterator[tuple[str, str]]:
    proto = getattr(block, "proto", None)
    kind = str(getattr(block, "type", ""))
    if proto is not None:
        yield from _in_proto(proto, kind)
    for child in getattr(block, "children", {}).values():
        yield from _in_block(child)


def _in_proto(proto: Any, where: str) -> Iterator[tuple[str, str]]:
    if where.startswith("bidi_component"):
        for name in ("json", "bytes"):
            told = getattr(proto, name, "")
            if told:
                data = json.loads(told)
                if isinstance(data, dict):
                    data.pop("language", None)
                yield from _in_data(data, f"{proto.component_name}")
        return
    if where == "plotly_chart":
        yield from _in_figure(json.loads(proto.spec or proto.figure.spec), "figure")
        yield from ((f"{where}.alt", str(proto.alt)) for _ in (0,) if getattr(proto, "alt", ""))
        return
    if not hasattr(proto, "ListFields"):
        return
    for field, value in proto.ListFields():
        name = f"{where}.{field.name}"
        if field.name in HIDDEN or (where == "code" and field.name == "code_text") or (where == "html"):
            continue
        if name == "arrow_data_frame.columns" or name == "dataframe.columns":
            yield from ((name, title) for title in json.loads(value) if title != "_index")
        elif field.type == field.TYPE_STRING:
            yield from ((name, str(one)) for one in ([value] if isinstance(value, str) else value))
        elif field.type == field.TYPE_MESSAGE:
            many = value if hasattr(value, "__len__") and not hasattr(value, "ListFields") else [value]
            for one in many:
                if hasattr(one, "ListFields"):
                    yield from _in_proto(one, name)


def _in_data(data: Any, where: str, shown: bool = False) -> Iterator[tuple[str, str]]:
    if isinstance(data, str):
        if shown:
            yield where, data
    elif isinstance(data, dict):
        for name, value in data.items():
            yield from _in_data(
                value, f"{where}.{name}", name in SHOWN or (shown and not isinstance(value, dict))
            )
    elif isinstance(data, list):
        for one in data:
            yield from _in_data(one, where, shown)


def _in_figure(data: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(data, dict):
        for name, value in data.items():
            if name == "template":
                continue
            if name in FIGURE and isinstance(value, str):
                yield f"{where}.{name}", value
            elif name in FIGURE and isinstance(value, list):
                yield from ((f"{where}.{name}", one) for one in value if isinstance(one, str))
            else:
                yield from _in_figure(value, where)
    elif isinstance(data, list):
        for one in data:
            yield from _in_figure(one, where)
