"""A browser that goes while it is answered leaves no traceback in the log."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import WebSocketRoute
from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from cnnviz.ui.closed import ClosedConnections


async def as_streamlit(websocket: WebSocket) -> None:
    """What its endpoint does, whose browser goes while something is sent to it."""
    await websocket.accept()
    with suppress(WebSocketDisconnect):  # sent from a task of its own
        await websocket.send_bytes(b"what a page draws")
    try:
        await websocket.receive_bytes()
    except RuntimeError:
        await websocket.close()
        raise TypeError("WebSocket text frames are not supported") from None


async def with_a_fault(websocket: WebSocket) -> None:
    await websocket.accept()
    raise RuntimeError("a fault")


def visit(endpoint: Callable, *middleware: Middleware) -> None:
    """One connection, to which nothing can be sent after its begin."""
    app = Starlette(routes=[WebSocketRoute("/stream", endpoint)], middleware=middleware)
    scope = {"type": "websocket", "path": "/stream", "headers": [], "query_string": b"", "subprotocols": []}

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        if message["type"] == "websocket.send":
            raise OSError("the browser has gone")

    problems: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(app(scope, receive, send))
        except Exception as error:
            problems.append(error)

    # Playwright leaves a loop running in the thread of the tests.
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if problems:
        raise problems[0]


def test_a_browser_that_goes_while_it_is_answered_is_no_fault() -> None:
    visit(as_streamlit, Middleware(ClosedConnections))


def test_starlette_says_so() -> None:
    """When this fails, ``cnnviz.ui.closed`` may go."""
    with pytest.raises(RuntimeError, match="close message has been sent"):
        visit(as_streamlit)


def test_a_fault_is_one() -> None:
    with pytest.raises(RuntimeError, match="a fault"):
        visit(with_a_fault, Middleware(ClosedConnections))
