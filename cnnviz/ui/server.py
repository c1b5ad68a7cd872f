"""What happens once, when ``streamlit run explorer_app.py`` starts its server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from streamlit.runtime import Runtime
from streamlit.runtime.pages_manager import PagesManager

from cnnviz.errors import CnnvizError
from cnnviz.process_memory import few_arenas, keep_freed_memory
from cnnviz.ui import census, pictures, rooms
from cnnviz.ui.clicks import hear_every_click
from cnnviz.ui.closed import ClosedConnections
from cnnviz.ui.delivery import (
    count_what_is_asked,
    deliver_in_order,
    deliver_together,
    draw_whole_page_first,
    keep_what_is_fetched_late,
)
from cnnviz.ui.headers import SafeHeaders
from cnnviz.ui.housekeeping import keep_house
from cnnviz.ui.outside import plain
from cnnviz.ui.startup import wait_for_imports
from cnnviz.ui.thrift import be_thrifty
from cnnviz.words import _


def _live(request: Request) -> Response:
    """What is new in some runs, for the curves in the browser; in a thread of Starlette's, because it reads
    files.
    """
    # Not at the top: it brings torch, and the first page is shown before torch is there.
    wait_for_imports()
    from cnnviz.ui.live import answer

    return answer(request)


ROUTES = (
    Route("/{base:path}cnnviz/live", _live),
    Route("/{base:path}" + pictures.PATH + "/{name}", pictures.answer),
    Route("/{base:path}cnnviz/room/{code}", rooms.poll),
    Route("/{base:path}cnnviz/room/{code}", rooms.tell, methods=["POST"]),
    Route("/{base:path}cnnviz/room/{code}/question/{number:int}", rooms.asked),
)
"""Besides Streamlit's own. ``base``: where ``server.baseUrlPath`` or a proxy has put the app."""


MIDDLEWARE = (Middleware(ClosedConnections), Middleware(SafeHeaders))
"""Around all answers."""


@asynccontextmanager
async def lifespan(__: st.App) -> AsyncIterator[None]:
    """Tells Streamlit before the first visit that the pages come from a table.

    Otherwise the folder ``pages/`` makes it guess an old-style app, and the first deep link says "Page not
    found".
    """
    # What st.navigation itself sets at its first call; there is no other way before a session begins.
    PagesManager.uses_pages_directory = False
    hear_every_click()  # first: it decides what becomes of the drawing when the others have handled what was drawn
    deliver_in_order()
    deliver_together()
    draw_whole_page_first()
    count_what_is_asked()
    keep_what_is_fetched_late()
    be_thrifty()
    few_arenas()
    keep_freed_memory()
    keeper = asyncio.create_task(keep_house(Runtime.instance()))
    yield
    keeper.cancel()
    census.leave()


def show_error(error: Exception) -> bool:
    """What the user can mend is shown as its sentence; anything else is a bug and goes the usual way."""
    if not isinstance(error, CnnvizError):
        return False
    st.error(plain(_(error)), icon=":material/error:")
    return True
