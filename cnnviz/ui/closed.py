"""A browser that goes while it is answered is no fault of the server.

Streamlit 1.67 waits for the next word of a browser whose connection has ended while something was sent to it. Starlette says
``WebSocketDisconnected`` then, which Streamlit takes for a message of the wrong kind: it closes the connection once more, and the
log of the server had a traceback.
"""

from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnected


class ClosedConnections:
    """Middleware of the server that lets them end."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        except WebSocketDisconnected:
            if scope["type"] != "websocket":
                raise
