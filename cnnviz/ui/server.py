"""What happens once, when ``streamlit run explorer_app.py`` starts its server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from streamlit.runtime import Runtime
from streamlit.runtime.pages_manager import PagesManager

from cnnviz.errors import CnnvizError
from cnnviz.ui.housekeeping import few_arenas, keep_house


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Tells Streamlit before the first visit that the pages come from a table.

    Otherwise the folder ``pages/`` makes it guess an old-style app, and the first deep link says "Page not found".
    """
    # What st.navigation itself sets at its first call; there is no other way before a session begins.
    PagesManager.uses_pages_directory = False
    few_arenas()
    keeper = asyncio.create_task(keep_house(Runtime.instance()))
    yield
    keeper.cancel()


def show_error(error: Exception) -> bool:
    """What the user can mend is shown as its sentence; anything else is a bug and goes the usual way."""
    if not isinstance(error, CnnvizError):
        return False
    st.error(str(error), icon=":material/error:")
    return True
