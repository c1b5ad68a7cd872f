"""One download at a time, however many ask; nobody meets half of one."""

import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from cnnviz.data import download as data_download
from cnnviz.data import fetch_all_images, load
from cnnviz.errors import CnnvizError
from cnnviz.models import pretrained
from cnnviz.subprocesses import bytes_below, fetch, python_environment
from tests.offline import no_way_out

SIZE = 200_000
GET = "import sys, urllib.request, pathlib; pathlib.Path(sys.argv[2]).write_bytes(urllib.request.urlopen(sys.argv[1]).read())"


class Server:
    """Gives a file once it is let go, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.arrived, self.go = threading.Event(), threading.Event()
        self.answer: Callable[[BaseHTTPRequestHandler], None] = self.send
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked += 1
                server.arrived.set()
                server.go.wait()
                server.answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/file"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    @staticmethod
    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(SIZE))
        handler.end_headers()
        handler.wfile.write(bytes(SIZE))

    @staticmethod
    def break_off(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(SIZE))
        handler.end_headers()
        handler.wfile.write(bytes(SIZE // 2))

    def get(self, target: Path, progress: Callable[[int, int], None] | None = None) -> bool:
        def command(folder: Path) -> list[str]:
            return [sys.executable, "-c", GET, self.url, str(folder / target.name)]

        return fetch(target, command, whole, bytes_below, SIZE, progress)


def whole(path: Path) -> bool:
    return path.is_file() and path.stat().st_size == SIZE


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    made = Server()
    yield made
    made.go.set()
    made.http.shutdown()
    made.http.server_close()


def test_many_threads_that_ask_get_one_download(server: Server, tmp_path: Path) -> None:
    target, got, told = tmp_path / "new" / "file.bin", [], threading.Semaphore(0)

    def ask() -> None:
        first = True

        def progress(*_: int) -> None:
            nonlocal first
            if first:
                told.release()
            first = False

        got.append(server.get(target, progress))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    # Whoever downloads hears nothing before the first byte; the three that wait do.
    for _ in range(3):
        told.acquire()
    assert not target.exists()
    server.go.set()
    for thread in threads:
        thread.join()
    assert got == [True] * 4
    assert server.asked == 1
    assert whole(target)
    assert not (target.parent / "file.bin.draft").exists()


def test_another_process_that_asks_waits_and_finds_it(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "file.bin"
    program = (
        "import sys; from pathlib import Path; from cnnviz.subprocesses import fetch, bytes_below\n"
        "url, target, code = sys.argv[1], Path(sys.argv[2]), sys.argv[3]\n"
        "there = lambda path: path.is_file()\n"
        "begun = lambda *_: print('waits', flush=True)\n"
        "print(fetch(target, lambda folder: [sys.executable, '-c', code, url, str(folder / target.name)], there, bytes_below, 1, begun))\n"
    )
    first = threading.Thread(target=server.get, args=(target,))
    first.start()
    server.arrived.wait()
    with subprocess.Popen(
        [sys.executable, "-c", program, server.url, str(target), GET],
        env=python_environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as second:
        assert second.stdout is not None
        assert second.stdout.readline() == "waits\n"
        server.go.set()
        assert second.stdout.read().splitlines()[-1] == "True"
    first.join()
    assert server.asked == 1


def test_half_a_file_is_not_taken_for_whole_and_the_next_one_gets_it(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "file.bin"
    (tmp_path / "file.bin.draft").mkdir()
    (tmp_path / "file.bin.draft" / "file.bin").write_bytes(bytes(SIZE))  # left by somebody who was killed
    server.go.set()
    server.answer = server.break_off
    assert not server.get(target)
    assert not target.exists()
    server.answer = server.send
    assert server.get(target)
    assert whole(target)
    assert server.asked == 2


def test_who_gives_up_lets_the_next_one_go_on(server: Server, tmp_path: Path) -> None:
    class EndError(Exception):
        pass

    def end(*_: int) -> None:
        raise EndError

    server.go.set()
    with pytest.raises(EndError):
        server.get(tmp_path / "file.bin", end)
    assert server.get(tmp_path / "file.bin")


def write_set(folder: Path) -> None:
    """Files of the right sizes and headers; all pixels are black."""
    (folder / "raw").mkdir(parents=True)
    for name, size in data_download.SIZES.items():
        count = 60_000 if name.startswith("train") else 10_000
        images = "images" in name
        header = [0x00000803 if images else 0x00000801, count, *((28, 28) if images else ())]
        with (folder / "raw" / name).open("wb") as file:
            file.write(b"".join(number.to_bytes(4, "big") for number in header))
            file.truncate(size)


def test_all_images_are_fetched_once_and_read_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))
    fetched: list[Path] = []

    def downloaded(command: list[str], *_: Any) -> bool:
        fetched.append(Path(command[-1]))
        write_set(Path(command[-1]) / "MNIST")
        return True

    monkeypatch.setattr("cnnviz.subprocesses.download", downloaded)
    fetch_all_images("mnist")
    first = load("mnist", "test", full=True)
    second = load("mnist", "test", full=True)
    fetch_all_images("mnist")
    assert len(fetched) == 1
    assert len(first) == 10_000
    assert first.images.data_ptr() == second.images.data_ptr()


def test_a_set_that_was_cut_off_is_fetched_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))
    write_set(tmp_path / "data" / "MNIST")
    with (tmp_path / "data" / "MNIST" / "raw" / "t10k-images-idx3-ubyte").open("r+b") as file:
        file.truncate(1000)
    monkeypatch.setattr("cnnviz.subprocesses.download", lambda *_: False)
    with pytest.raises(CnnvizError, match="could not be downloaded"):
        load("mnist", full=True)
    monkeypatch.setattr(
        "cnnviz.subprocesses.download", lambda command, *_: write_set(Path(command[-1]) / "MNIST") or True
    )
    assert len(load("mnist", "test", full=True)) == 10_000


def test_weights_that_cannot_be_fetched_are_a_sentence_and_leave_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))

    def half(command: list[str], *_: Any) -> bool:
        (Path(command[-1]) / "resnet18-f37072fd.pth.1a2b.partial").write_bytes(bytes(10))
        return False

    monkeypatch.setattr("cnnviz.subprocesses.download", half)
    with pytest.raises(CnnvizError, match="could not be downloaded"):
        pretrained("resnet18")
    assert not [path for path in (tmp_path / "weights").iterdir() if path.suffix != ".lock"]


def test_a_test_without_internet_leaves_the_way_open_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, servers of this machine could not be reached in a process whose first download had been such a test's."""
    with monkeypatch.context() as offline:
        no_way_out(offline)
        with pytest.raises(OSError, match="refused"):
            urllib.request.urlopen("http://127.0.0.2:1/")
        assert urllib.request._opener is not None  # type: ignore[attr-defined]
        closed = urllib.request._opener  # type: ignore[attr-defined]
    assert urllib.request._opener is not closed  # type: ignore[attr-defined]
