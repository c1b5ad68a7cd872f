import base64
import io

import pytest
import torch
from PIL import Image
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from streamlit.testing.v1 import AppTest

from cnnviz.figures import Sheet, map_sheet
from cnnviz.ui.pictures import data_url, encoded, picture_name, picture_url
from cnnviz.ui.server import ROUTES

PHOTOGRAPH = Image.new("RGB", (5, 3), (200, 10, 10))


def got(path: str) -> Response | None:
    """What the server answers to ``GET path``; ``None``: it has no such address."""
    scope = {"type": "http", "method": "GET", "path": path, "headers": []}
    for route in ROUTES:
        match, found = route.matches(scope)
        if match is Match.FULL:
            return route.endpoint(Request(scope | found))
    return None


def status(path: str) -> int:
    reply = got(path)
    return 404 if reply is None else reply.status_code


@pytest.mark.parametrize("base", ["", "lectures/cnn/"])
@pytest.mark.parametrize(("kind", "media"), [("PNG", "image/png"), ("JPEG", "image/jpeg")])
def test_the_browser_gets_the_file_that_the_page_named(base: str, kind: str, media: str) -> None:
    file = encoded(PHOTOGRAPH, kind)
    reply = got(f"/{base}{picture_url(file, 'wall')}")
    assert reply is not None
    assert (reply.status_code, reply.body, reply.headers["content-type"]) == (200, file, media)
    assert "immutable" in reply.headers["cache-control"]


def test_nobody_gets_what_no_page_has_named() -> None:
    for name in ("0" * 32, "..", "../../etc/passwd", ""):
        assert status(f"/cnnviz/picture/{name}") == 404


def test_a_picture_that_the_server_has_let_go_is_there_again_when_it_is_named_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CNNVIZ_CACHE_BYTES", "10")
    one, two = encoded(PHOTOGRAPH), encoded(PHOTOGRAPH.rotate(90, expand=True))
    first = picture_url(one, "wall")
    picture_url(two, "wall")
    assert status(f"/{first}") == 404
    assert picture_url(one, "wall") == first
    assert status(f"/{first}") == 200


def test_a_sheet_is_named_by_its_content() -> None:
    maps = torch.arange(16.0).reshape(1, 4, 4)
    sheet: Sheet = map_sheet(maps)
    assert sheet.name == picture_name(sheet.png) == map_sheet(maps.clone()).name != map_sheet(-maps).name


def page(file: bytes) -> None:
    import streamlit as st

    from cnnviz.ui.pictures import picture_url

    st.session_state["wall"] = {"embedded": True}
    st.write(picture_url(file, "wall"))
    st.write(picture_url(file, "other"))


def test_a_component_that_cannot_fetch_gets_its_pictures_inside_its_data() -> None:
    file = encoded(PHOTOGRAPH)
    app = AppTest.from_function(page, args=(file,)).run()
    inside, fetched = (element.value for element in app.markdown)
    assert inside == data_url(file)
    assert base64.b64decode(inside.partition(",")[2]) == file
    assert fetched == f"cnnviz/picture/{picture_name(file)}"
    assert Image.open(io.BytesIO(base64.b64decode(inside.partition(",")[2]))).size == PHOTOGRAPH.size
