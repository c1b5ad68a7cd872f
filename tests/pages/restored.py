"""What a page holds after it was opened by a link, in the words of links: so that link and page can be
compared, value by value.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from streamlit.testing.v1 import AppTest

from tests.pages.conftest import words

WIDGETS = ("number_input", "slider", "toggle", "selectbox", "button_group", "text_input")


def assert_restored(app: AppTest, state: Mapping[str, str], instead: Mapping[str, str]) -> None:
    """Each parameter of ``state`` is what the page holds, or, where the page cannot hold it, what ``instead``
    says.
    """
    assert set(instead) <= set(state)
    assert {name: held(app, name) for name in state} == {**state, **instead}


def control_of(app: AppTest, name: str) -> Any:
    """The control of a field of the page's state; ``None`` if there is none. One that replaced another has a
    number behind its name.
    """
    controls = (widget for kind in WIDGETS for widget in app.get(kind))
    return next(
        (widget for widget in controls if re.fullmatch(rf"{re.escape(name)}(-\d+)?", widget.key or "")), None
    )


def held(app: AppTest, name: str) -> str:
    """The value that the page shows for the parameter ``name`` of its links."""
    if (control := control_of(app, name)) is not None:
        return _in_a_link(control.value)
    if name == "run":
        return str(told(app, "_step")["run"])
    if name == "step":
        return str(told(app, "_step")["step"])
    if name in ("layer", "map", "row", "col"):
        return _unit(app)[name]
    if name == "edits":
        changed = [edit for edits in app.session_state["pixel_edits"].values() for edit in edits.items()]
        assert f"Undo {len(changed)} changes" in [button.label for button in app.button]
        return ",".join(".".join(map(str, (*place, value))) for place, value in changed)
    return ";".join(_in_a_link(row) for row in told(app, f"-{name}_grid")["values"])


def told(app: AppTest, end_of_key: str) -> dict[str, Any]:
    """What a component in the browser was told."""
    found = [element.proto for element in app.get("bidi_component") if element.proto.id.endswith(end_of_key)]
    assert len(found) == 1, f"{len(found)} components on the page end in {end_of_key}"
    data: dict[str, Any] = json.loads(found[0].bytes)
    return data


def _in_a_link(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(map(_in_a_link, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _unit(app: AppTest) -> dict[str, str]:
    """The unit under the microscope, as its heading and its sentence name it; all empty while none is
    open.
    """
    heading = next(
        filter(None, (re.fullmatch(r"(\S+), map (\d+)", element.value) for element in app.subheader)), None
    )
    if heading is None:
        return dict.fromkeys(("layer", "map", "row", "col"), "")
    place = re.search(r"Row (\d+), column (\d+):", words(app))
    assert place
    return {"layer": heading[1], "map": heading[2], "row": place[1], "col": place[2]}
