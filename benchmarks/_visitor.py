"""A visitor without a browser: speaks Streamlit's own websocket protocol."""

import time
from urllib.parse import urlencode

import websockets
from google.protobuf.message import DecodeError
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg, ForwardMsgList

from benchmarks._app import ROOT


def pages() -> list[str]:
    """The addresses of all pages; the first page's is empty."""
    return ["", *sorted(path.stem for path in (ROOT / "pages").rglob("*.py") if path.stem != "home")]


def messages(data: bytes) -> list[ForwardMsg]:
    single = ForwardMsg()
    try:
        single.ParseFromString(data)
        if single.WhichOneof("type"):
            return [single]
    except DecodeError:
        # A list of messages has another layout.
        pass
    several = ForwardMsgList()
    several.ParseFromString(data)
    return list(several.messages)


class Visitor:
    """One open page; ``go`` asks for a page in a state and waits until its script has finished."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self.socket = socket
        self.page = self.page_hash = ""
        self.received = 0
        """Bytes so far."""
        self.errors: list[str] = []
        """What the pages showed as an error of the program."""

    @classmethod
    async def arrive(cls, address: str) -> "Visitor":
        url = address.replace("http", "ws") + "/_stcore/stream"
        return cls(await websockets.connect(url, max_size=None, subprotocols=["streamlit"]))  # type: ignore[list-item]

    async def leave(self) -> None:
        await self.socket.close()

    async def go(self, page: str, state: dict[str, str] | None = None) -> float:
        """Seconds from the request to the end of the script."""
        request = BackMsg()
        request.rerun_script.query_string = urlencode(state or {})
        if page == self.page and self.page_hash:
            request.rerun_script.page_script_hash = self.page_hash
        else:
            request.rerun_script.page_name = page
        started = time.perf_counter()
        await self.socket.send(request.SerializeToString())
        while True:
            data = await self.socket.recv()
            assert isinstance(data, bytes)
            self.received += len(data)
            for message in messages(data):
                kind = message.WhichOneof("type")
                if kind == "navigation":
                    self.page, self.page_hash = page, message.navigation.page_script_hash
                if kind == "delta" and message.delta.new_element.WhichOneof("type") == "exception":
                    self.errors.append(message.delta.new_element.exception.message)
                if kind == "script_finished":
                    return time.perf_counter() - started
