"""Pictures of the components: a page only names them; the browser fetches each once and keeps it.

A picture inside a component's data would be written, hashed twice and compared at each run of the page. Where
the browser cannot fetch (a proxy lets only Streamlit's own addresses through), the component says so, and
gets its pictures inside its data.
"""

import base64
import hashlib
import io

import streamlit as st
from PIL import Image
from starlette.requests import Request
from starlette.responses import Response
from streamlit.runtime import get_instance

from cnnviz.ui.memory import keep, recall

PATH = "cnnviz/picture"


def encoded(picture: Image.Image, kind: str = "PNG", **options: int) -> bytes:
    """The file of a picture, for what shows it many times."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def data_url(file: bytes) -> str:
    """A PNG or JPEG file inside its own address."""
    return f"data:{_type(file)};base64," + base64.b64encode(file).decode()


def photograph_file(picture: Image.Image) -> bytes:
    """For ``st.image``, which would encode the picture at each run. The browser fetches the file once; as an address with the
    file inside it would come again with each answer.
    """
    return encoded(picture, "JPEG", quality=90)


def picture_url(file: bytes, key: str, name: str = "") -> str:
    """The address of a PNG or JPEG file for the component ``key``: below the page's own folder, wherever a
    proxy has put it.

    Args:
        name: of the content (``picture_name``), where it is known already.
    """
    if (st.session_state.get(key) or {}).get("embedded"):
        return data_url(file)
    name = name or picture_name(file)
    if recall((PATH, name), None) is None:
        keep((PATH, name), file)
    return f"{PATH}/{name}"


def media_url(file: bytes, place: str) -> str:
    """The address of a PNG or JPEG file for Markdown: Streamlit's own, as ``st.image`` makes it, without looking
    into the file at each run.

    Args:
        place: where on the page it stands; another one for each picture.
    """
    return get_instance().media_file_mgr.add(file, _type(file), place)


def picture_name(file: bytes) -> str:
    """As long as a secret: only who has the picture, or a page that shows it, can know it."""
    return hashlib.blake2b(file, digest_size=16).hexdigest()


def answer(request: Request) -> Response:
    """``GET …/cnnviz/picture/<name>``."""
    file = recall((PATH, request.path_params["name"]), None)
    if file is None:
        return Response(status_code=404)
    return Response(
        file, media_type=_type(file), headers={"Cache-Control": "private, max-age=31536000, immutable"}
    )


def _type(file: bytes) -> str:
    return "image/png" if file.startswith(b"\x89PNG") else "image/jpeg"
