"""What the browser is told with each answer: nothing runs but what this server itself sends."""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

import streamlit
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cnnviz.settings import settings


@cache
def content_security_policy() -> str:
    """The strictest one with which all pages work.

    Scripts come from this server or from a blob that such a script has made (Streamlit loads a component's module so); its page also
    compiles WebAssembly, which ``wasm-unsafe-eval`` allows, and no text is ever run (``eval``). Styles may be
    written in the page, because Streamlit's own are. Pictures may be data, and none comes from another server, so that no text on a
    page can tell another server who reads it.
    """
    frames = " ".join(("'self'", *settings().frame_ancestors.split()))
    rules = {
        "default-src": "'self'",
        "script-src": " ".join(("'self'", "blob:", "'wasm-unsafe-eval'", *_inline_scripts())),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "media-src": "'self' data: blob:",
        "connect-src": "'self' data: blob:",
        "worker-src": "'self' blob:",
        "frame-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": frames,
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _inline_scripts() -> list[str]:
    """The hashes of what Streamlit's page holds itself."""
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    page = re.sub(r"<!--.*?-->", "", page, flags=re.DOTALL)
    found = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", page, flags=re.DOTALL)
    return [f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in found]


def headers() -> dict[str, str]:
    """Name -> value, the same for every answer."""
    return {
        "Content-Security-Policy": content_security_policy(),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
        "Cross-Origin-Opener-Policy": "same-origin",
    }


class SafeHeaders:
    """Middleware of the server that adds them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.headers = headers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self.headers)
            await send(message)

        await self.app(scope, receive, with_headers)
