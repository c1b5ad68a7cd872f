"""Maps are shown as they are made: the cheap ones first, in the order in which they were chosen."""

import threading
import time
from importlib import import_module

import orjson
import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import Open, open_page

__all__ = ["open_page"]

attributions = import_module("cnnviz.ui.attributions")
PAGE = "pages/inside/saliency.py"


def wall(app: AppTest) -> list[tuple[str, str]]:
    """(title, words below) of each picture of the wall of maps."""
    for element in app.get("bidi_component"):
        if element.proto.component_name == "cnnviz.map_wall":
            sheets = orjson.loads(element.proto.bytes)["sheets"]
            if sheets[0]["name"] == "image":
                return [
                    (sheet["title"], (sheet["labels"] or [{"text": ""}])[0]["text"]) for sheet in sheets[1:]
                ]
    return []


def test_each_map_stands_when_it_is_there_and_at_the_end_all_do(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, begun, asked = threading.Event(), threading.Event(), []
    real = attributions.attribute

    def slow(model, image, target, method, *rest, **options):
        asked.append(method)
        if method == "occlusion":
            begun.set()
            assert release.wait(60)
        return real(model, image, target, method, *rest, **options)

    monkeypatch.setattr(attributions, "attribute", slow)
    app = open_page(PAGE, methods="occlusion,grad_cam", number="1234")
    assert begun.wait(30)
    app.run()
    assert asked == ["grad_cam", "occlusion"]
    # The menu's order is that of the table of methods.
    halfway = dict(wall(app))
    assert list(halfway) == ["Grad-CAM", "Occlusion"]
    assert "not computed yet" not in halfway["Grad-CAM"]
    assert halfway["Occlusion"] == "not computed yet"
    assert not [toggle for toggle in app.toggle if toggle.key == "trust"]
    release.set()
    end = time.monotonic() + 60
    while "not computed yet" in dict(wall(app)).values() and time.monotonic() < end:
        app.run()
    assert "not computed yet" not in dict(wall(app)).values()
    assert [toggle for toggle in app.toggle if toggle.key == "trust"]
    assert not app.exception
    assert not app.error


def test_methods_of_a_pass_or_two_count_as_cheap() -> None:
    cheap = {name for name in attributions.METHODS if attributions._is_cheap(name)}
    assert {"gradient", "grad_cam", "guided_backprop"} <= cheap
    assert not {"integrated_gradients", "occlusion", "score_cam", "lime", "rise"} & cheap
