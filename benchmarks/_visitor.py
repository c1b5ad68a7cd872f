"""A visitor without a browser: Streamlit's own websocket protocol, and what a browser would keep of a
page.
"""

import asyncio
import time
import urllib.request
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin

import websockets
from google.protobuf.message import DecodeError
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg, ForwardMsgList
from streamlit.proto.WidgetStates_pb2 import WidgetState


def messages(data: bytes) -> list[ForwardMsg]:
    """What the server sent at once."""
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


async def connected(address: str, number: int = 0) -> websockets.ClientConnection:
    """A browser that was here before: it sends its key as a cookie."""
    url = address.replace("http", "ws") + "/_stcore/stream"
    cookie = {"Cookie": f"cnnviz-key={number:032x}"}
    return await websockets.connect(
        url,
        max_size=None,
        subprotocols=["streamlit"],  # type: ignore[list-item]
        additional_headers=cookie,
        ping_interval=None,  # a browser does not ask either; what is not read yet would count as no answer
    )


@dataclass
class Control:
    """Something to move: its two places, and the part of the page that is drawn again.

    Attributes:
        places: (the state that is sent, its text in the address) for each of two values.
        parameter: its name in the address, where the browser writes it there.
        fragment: the id of the part it lies in; empty: the whole page is drawn again.
    """

    label: str
    places: tuple[tuple[WidgetState, str], tuple[WidgetState, str]]
    parameter: str
    fragment: str


@dataclass
class Answer:
    """A rerun: seconds from the request to ``script_finished``, and what came."""

    seconds: float
    elements: int
    bytes: int
    fragment: bool


@dataclass
class Session:
    """One visitor of one page."""

    socket: websockets.ClientConnection
    page: str
    page_hash: str = ""
    query: str = ""
    controls: dict[str, Control] = field(default_factory=dict)
    states: dict[str, WidgetState] = field(default_factory=dict)
    known: dict[str, Element] = field(default_factory=dict)
    """What a browser keeps by its name; the server sends only the name again."""
    shown: dict[tuple[int, ...], Element] = field(default_factory=dict)
    """The last element of each place on the page."""
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Label -> (id, part of the page that is drawn again)."""
    address: str = ""
    _uploaders: dict[str, tuple[Element, str]] = field(default_factory=dict)

    @classmethod
    async def arrive(cls, address: str, number: int = 0) -> "Session":
        """``number``: of the browser, which is one for all visitors if nothing is said."""
        return cls(await connected(address, number), "", address=address)

    async def leave(self) -> None:
        await self.socket.close()

    async def open(self, page: str, state: Mapping[str, str] | None = None) -> Answer:
        """Follows a link to a page in a state."""
        if page != self.page:
            self.page, self.page_hash = page, ""
        self.query = urlencode(state or {})
        self.controls.clear()
        self.states.clear()
        self.shown.clear()
        self.buttons.clear()
        return await self._ask("")

    @property
    def faults(self) -> list[str]:
        """What stands on the page as an error of the program."""
        kinds = (element for element in self.shown.values() if element.WhichOneof("type") == "exception")
        return [f"{self.page}?{self.query}: {element.exception.message}" for element in kinds]

    async def wait(self, seconds: float = 60) -> None:
        """Until nothing on the page is still being computed."""
        end = time.monotonic() + seconds
        while self._computes() and time.monotonic() < end:
            await asyncio.sleep(0.3)
            self.shown.clear()
            await self.rerun()

    def _computes(self) -> bool:
        return any(element.WhichOneof("type") == "progress" for element in self.shown.values())

    async def rerun(self) -> Answer:
        """Draws the whole page again."""
        return await self._ask("")

    async def move(self, control: Control, turn: int) -> Answer:
        """Moves a control to one of its two places."""
        state, text = control.places[turn % 2]
        self.states[state.id] = state
        if control.parameter:
            self.query = urlencode(dict(parse_qsl(self.query)) | {control.parameter: text})
        return await self._ask(control.fragment)

    async def press(self, label: str) -> Answer:
        """Presses a button of the page."""
        name, fragment = self.buttons[label]
        self.states[name] = WidgetState(id=name, trigger_value=True)
        try:
            return await self._ask(fragment)
        finally:
            del self.states[name]

    async def upload(self, label: str, file: str, content: bytes) -> Answer:
        """Gives a file to the uploader whose label begins so: Streamlit says where to, the file goes there, and the page is told."""
        uploader, fragment = next(
            (element.file_uploader, fragment)
            for element, fragment in self._uploaders.values()
            if element.file_uploader.label.startswith(label)
        )
        number = uuid.uuid4().hex
        request = BackMsg()
        request.file_urls_request.request_id = number
        request.file_urls_request.file_names.append(file)
        await self.socket.send(request.SerializeToString())
        urls = None
        while urls is None:
            data = await self.socket.recv()
            assert isinstance(data, bytes)
            urls = next(
                (
                    message.file_urls_response.file_urls[0]
                    for message in messages(data)
                    if message.WhichOneof("type") == "file_urls_response"
                ),
                None,
            )
        await asyncio.to_thread(_put, self.address + urls.upload_url, file, content)
        state = WidgetState(id=uploader.id)
        state.file_uploader_state_value.uploaded_file_info.add(
            file_id=urls.file_id, name=file, size=len(content), file_urls=urls
        )
        self.states[uploader.id] = state
        return await self._ask(fragment)

    async def _ask(self, fragment: str) -> Answer:
        request = BackMsg()
        wanted = request.rerun_script
        wanted.query_string, wanted.fragment_id = self.query, fragment
        wanted.widget_states.widgets.extend(self.states.values())
        wanted.cached_message_hashes.extend(self.known)
        if self.page_hash:
            wanted.page_script_hash = self.page_hash
        else:
            wanted.page_name = self.page
        elements = size = 0
        started = time.perf_counter()
        await self.socket.send(request.SerializeToString())
        while True:
            data = await self.socket.recv()
            assert isinstance(data, bytes)
            for message in messages(data):
                kind = message.WhichOneof("type")
                size += message.ByteSize()
                if kind == "navigation":
                    self.page_hash = message.navigation.page_script_hash
                elif kind == "page_info_changed":
                    self.query = message.page_info_changed.query_string
                elif kind in ("delta", "ref_hash"):
                    elements += 1
                    self._meet(message)
                elif (
                    kind == "script_finished"
                    and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
                ):
                    return Answer(time.perf_counter() - started, elements, size, bool(fragment))

    def _meet(self, message: ForwardMsg) -> None:
        place = tuple(message.metadata.delta_path)
        if message.WhichOneof("type") == "ref_hash":
            self.shown[place] = self.known[message.ref_hash]
            return
        if message.delta.WhichOneof("type") != "new_element":
            return
        element = self.shown[place] = message.delta.new_element
        if message.metadata.cacheable:
            self.known[message.hash] = element
        if element.WhichOneof("type") == "button" and not element.button.disabled:
            self.buttons[element.button.label] = element.button.id, message.delta.fragment_id
        if element.WhichOneof("type") == "file_uploader":
            self._uploaders[element.file_uploader.id] = element, message.delta.fragment_id
        found = control_of(element, message.delta.fragment_id)
        if found is not None and found[0] not in self.controls:
            self.controls[found[0]] = found[1]


def _put(url: str, file: str, content: bytes) -> None:
    border = uuid.uuid4().hex
    body = (
        (
            f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{file}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()
        + content
        + f"\r\n--{border}--\r\n".encode()
    )
    with urllib.request.urlopen(urljoin(url, "/_stcore/health"), timeout=60) as health:
        token = SimpleCookie(health.headers["Set-Cookie"])["_streamlit_xsrf"].value
    headers = {
        "Content-Type": f"multipart/form-data; boundary={border}",
        "Cookie": f"_streamlit_xsrf={token}",
        "X-Xsrftoken": token,
    }
    request = urllib.request.Request(url, body, headers, method="PUT")
    urllib.request.urlopen(request, timeout=60).close()


def control_of(element: Element, fragment: str) -> tuple[str, Control] | None:
    """(id, control) of a number, slider, switch, menu or row of buttons that can be moved between two
    values.
    """
    kind = element.WhichOneof("type") or ""
    if kind not in ("number_input", "slider", "checkbox", "selectbox", "button_group"):
        return None
    widget: Any = getattr(element, kind)
    if widget.disabled:
        return None
    values: list[tuple[dict[str, Any], str]] = []
    if kind == "number_input":
        here = widget.value if widget.set_value else widget.default
        if not (widget.has_min and widget.has_max) or widget.min >= widget.max:
            return None
        other = here + widget.step if here + widget.step <= widget.max else here - widget.step
        whole = widget.data_type == widget.INT
        values = [
            ({"int_value": int(v)}, str(int(v))) if whole else ({"double_value": v}, str(v))
            for v in (other, here)
        ]
    elif kind == "slider":
        here = (list(widget.value) if widget.set_value else list(widget.default))[0]
        other = here + widget.step if here + widget.step <= widget.max else here - widget.step
        values = [({"double_array_value": [v]}, f"{v:g}") for v in (other, here)]
    elif kind == "checkbox":
        here = widget.value if widget.set_value else widget.default
        values = [({"bool_value": v}, str(v).lower()) for v in (not here, here)]
    elif kind == "selectbox":
        names = list(widget.options)
        here = widget.raw_value if widget.set_value else names[widget.default]
        other = next((name for name in names if name != here), here)
        values = [({"string_value": v}, v) for v in (other, here)]
    else:
        names = [option.content for option in widget.options]
        chosen = list(widget.raw_values) if widget.set_value else [names[i] for i in widget.default]
        if widget.click_mode == widget.MULTI_SELECT:
            values = [({"string_array_value": v}, "") for v in (chosen[:-1], chosen)]
        else:
            other = next((name for name in names if name not in chosen), names[0])
            values = [({"string_array_value": [v]}, v) for v in (other, (chosen or names)[0])]
    if values[0] == values[1]:
        return None
    places = tuple((_state(widget.id, value), text) for value, text in values)
    assert len(places) == 2
    return widget.id, Control(widget.label, places, widget.query_param_key, fragment)


def _state(name: str, value: dict[str, Any]) -> WidgetState:
    state = WidgetState(id=name)
    for field_name, content in value.items():
        if isinstance(content, list):
            getattr(state, field_name).data.extend(content)
            getattr(state, field_name).SetInParent()
        else:
            setattr(state, field_name, content)
    return state
