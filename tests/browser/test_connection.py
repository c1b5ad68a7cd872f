import pytest
from playwright.sync_api import WebSocket
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.browser.conftest import Visitor, settle

pytestmark = pytest.mark.browser


def test_the_server_never_names_a_message_that_the_browser_may_have_dropped(visitor: Visitor) -> None:
    """Streamlit may send the name of a large message in place of it; a browser that has dropped it shows an
    error and stands still.
    """
    kinds: list[str | None] = []

    def heard(frame: str | bytes) -> None:
        if isinstance(frame, bytes):
            message = ForwardMsg()
            message.ParseFromString(frame)
            kinds.append(message.WhichOneof("type"))

    def opened(socket: WebSocket) -> None:
        socket.on("framereceived", heard)

    visitor.page.on("websocket", opened)
    page = visitor.go("convolutional_layer")
    for _ in range(2):
        for name in ("Pooling", "Convolutional layer"):
            page.get_by_test_id("stSidebarNavLink").filter(has_text=name).click()
            page.get_by_role("heading", name=name, exact=True).wait_for()
            settle(page)
    assert "delta" in kinds
    assert "ref_hash" not in kinds
