"""Server time of a rerun of each page with 1, 10 and 30 sessions that act at the same moment.

Speaks Streamlit's own websocket protocol: each session opens the page and then asks for a rerun; a rerun's time is from
the request to ``script_finished``. The ratio is that of the slowest of 30 to one session alone.
"""

import asyncio
import time

import psutil
import websockets
from google.protobuf.message import DecodeError
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg, ForwardMsgList

from benchmarks._app import ROOT, percentile, serving

SESSIONS = (1, 10, 30)
TURNS = 8


def pages() -> list[str]:
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


class Session:
    """One visitor without a browser."""

    def __init__(self, socket: websockets.ClientConnection, page: str) -> None:
        self.socket, self.page = socket, page
        self.page_hash = ""

    async def rerun(self) -> float:
        request = BackMsg()
        request.rerun_script.query_string = ""
        if self.page_hash:
            request.rerun_script.page_script_hash = self.page_hash
        else:
            request.rerun_script.page_name = self.page
        started = time.perf_counter()
        await self.socket.send(request.SerializeToString())
        while True:
            data = await self.socket.recv()
            assert isinstance(data, bytes)
            for message in messages(data):
                if message.WhichOneof("type") == "navigation":
                    self.page_hash = message.navigation.page_script_hash
                if message.WhichOneof("type") == "script_finished":
                    return time.perf_counter() - started


async def measure(address: str, process: psutil.Process, page: str, count: int) -> tuple[float, float, float]:
    """(p50, p95, processor seconds a rerun) of ``count`` sessions acting at once."""
    url = address.replace("http", "ws") + "/_stcore/stream"
    sockets = [await websockets.connect(url, max_size=None, subprotocols=["streamlit"]) for _ in range(count)]  # type: ignore[list-item]
    sessions = [Session(socket, page) for socket in sockets]
    for session in sessions:
        await session.rerun()
    await asyncio.gather(*(session.rerun() for session in sessions))
    before = sum(process.cpu_times()[:2])
    times: list[float] = []
    turns = TURNS if count > 1 else 4 * TURNS
    for _ in range(turns):
        times += await asyncio.gather(*(session.rerun() for session in sessions))
        await asyncio.sleep(0.05)
    spent = sum(process.cpu_times()[:2]) - before
    for socket in sockets:
        await socket.close()
    return percentile(times, 0.5), percentile(times, 0.95), spent / (turns * count)


async def compare(names: list[str]) -> None:
    with serving() as (address, number):
        process = psutil.Process(number)
        await measure(address, process, "saliency", 1)  # until the server has imported all it needs
        worst_single = worst_crowd = 0.0
        for page in names:
            alone = 0.0
            for count in SESSIONS:
                middle, high, cpu = await measure(address, process, page, count)
                alone = alone or middle
                print(
                    f"{page or 'home':24} {count:2} at once: p50 {middle * 1000:6.1f} ms, p95 {high * 1000:6.1f} ms, "
                    f"{cpu * 1000:5.1f} ms of processor a rerun, p95 {high / alone:5.1f} times one alone",
                    flush=True,
                )
                if count == 1:
                    worst_single = max(worst_single, middle)
                if count == 30:
                    worst_crowd = max(worst_crowd, high)
        print(f"worst page: p50 of one {worst_single * 1000:.1f} ms (goal 30), p95 of 30 {worst_crowd * 1000:.0f} ms (goal 1000)")


def main() -> None:
    asyncio.run(compare(pages()))


if __name__ == "__main__":
    main()
