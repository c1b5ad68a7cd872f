"""`make serve`: two processes behind HAProxy. Whoever loses theirs goes on at the same link."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import COMPUTING, ROOT, Visitor, settle
from tools import serve
from tools.serve import MISSING, Hall, Plan, configuration, free_port, plan_of, running

pytestmark = pytest.mark.browser
BASE = "lecture/cnn"
LINK = "pooling?window=3&mode=average"


class Running:
    """A hall in this process, and what stands where a test's visitor looks for its server."""

    def __init__(self, hall: Hall) -> None:
        self.hall = hall
        self.port = hall.plan.port
        self.url = hall.plan.url.rstrip("/")


def until(holds: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + COMPUTING / 1000
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.1)


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    plan = plan_of(
        ["--port", str(free_port()), "--address", "localhost", "--processes", "2", "--base-path", f"/{BASE}/"]
    )
    said: list[str] = []
    with running(plan, said.append) as hall:
        ended = threading.Event()

        def keep_looking() -> None:
            while not ended.wait(0.1):
                hall.look()

        looking = threading.Thread(target=keep_looking)
        looking.start()
        until(lambda: hall.told_ready, "the hall did not start")
        yield Running(hall)
        ended.set()
        looking.join()
    assert not [one for one in hall.processes.values() if one.popen.poll() is None]


def place_of(visitor: Visitor) -> int:
    """The number of the process that this browser is led to."""
    cookie = next(one for one in visitor.context.cookies() if one["name"] == "cnnviz-process")
    return int(cookie["value"].removeprefix("app"))


def goes_on(page: Page) -> None:
    """The page shows the state of its link, and answers."""
    expect(page.get_by_role("spinbutton", name="Window")).to_have_value("3")
    page.get_by_role("spinbutton", name="Padding").fill("1")
    page.get_by_role("spinbutton", name="Padding").press("Enter")
    expect(page).to_have_url(link_with(padding="1"))
    page.get_by_role("spinbutton", name="Padding").fill("0")
    page.get_by_role("spinbutton", name="Padding").press("Enter")
    expect(page).to_have_url(link_with())
    settle(page)


def link_with(**more: str) -> re.Pattern[str]:
    words = "&".join(f"{name}={value}" for name, value in more.items())
    return re.compile(
        rf"/{BASE}/pooling\?(?=.*window=3)(?=.*mode=average)"
        + (f"(?=.*{words})" if words else "(?!.*padding)")
    )


def reconnects(page: Page, lose: Callable[[], None]) -> None:
    """Does what loses the connection, and waits until the page has another one and has drawn itself."""
    with page.expect_websocket(timeout=COMPUTING):
        lose()
    expect(page.locator("[data-testid=stConnectionStatus]")).to_have_count(0)
    settle(page)


def test_a_killed_process_costs_nobody_the_page(server: Running, visitor: Visitor) -> None:
    hall = server.hall
    page = visitor.go(LINK)
    number = place_of(visitor)
    process = hall.processes[number].popen
    reconnects(page, process.kill)
    # Its requests in flight were lost; the browser says so.
    visitor.errors.clear()
    goes_on(page)
    assert place_of(visitor) != number
    until(
        lambda: hall.processes[number].popen is not process and hall.processes[number].ready,
        "it was not replaced",
    )


def test_all_are_replaced_one_after_the_other_and_the_link_stays(server: Running, visitor: Visitor) -> None:
    hall = server.hall
    page = visitor.go(LINK)
    before = {number: one.popen for number, one in hall.processes.items()}
    reconnects(page, hall.replace_all)
    visitor.errors.clear()
    goes_on(page)
    until(lambda: not hall.to_replace and hall.coming is None, "not all were replaced")
    assert set(before) == set(hall.processes)
    for number, one in hall.processes.items():
        assert one.popen is not before[number]
        assert one.popen.poll() is None
    until(lambda: all(one.poll() is not None for one in before.values()), "an old process lives on")


def test_a_file_goes_to_the_process_that_draws_the_page(visitor: Visitor) -> None:
    """Uploads and pictures live in one process: the browser is led to it each time."""
    page = visitor.go("image_as_numbers?image=upload")
    photo = ROOT / "assets" / "pictures" / "icon.png"
    page.locator("input[type=file]").first.set_input_files(photo)
    expect(page.get_by_text(photo.name)).to_be_visible()
    settle(page)
    expect(page.get_by_text("Until you give one")).to_have_count(0)


def test_the_root_leads_to_the_app(server: Running) -> None:
    with urllib.request.urlopen(f"http://localhost:{server.port}/") as reply:
        assert reply.url == f"{server.url}/"
        assert b"Streamlit" in reply.read()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            "/CN=localhost",
            "-keyout",
            "key",
            "-out",
            "chain",
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    pem = folder / "hall.pem"
    pem.write_bytes((folder / "chain").read_bytes() + (folder / "key").read_bytes())
    return pem


def test_with_a_certificate_and_until_it_is_told_to_end(certificate: Path, browser: Browser) -> None:
    """The command itself, over TLS; SIGTERM ends it and all that it started."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "tools.serve",
        "--port",
        str(port),
        "--processes",
        "1",
        "--certificate",
        str(certificate),
    ]
    started = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None
    try:
        until(lambda: "Ready: https://localhost" in (started.stdout.readline() or ""), "it did not start")
        family = psutil.Process(started.pid).children(recursive=True)
        context = browser.new_context(ignore_https_errors=True)
        page = context.new_page()
        page.goto(f"https://localhost:{port}/{LINK}")
        expect(page.get_by_role("spinbutton", name="Window")).to_have_value("3")
        cookie = next(one for one in context.cookies() if one["name"] == "cnnviz-process")
        assert cookie["secure"]
        assert cookie["httpOnly"]
        context.close()
        started.send_signal(signal.SIGTERM)
        assert started.wait(60) == 0
        assert not [one for one in family if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    finally:
        started.kill()
        started.wait()


def test_where_haproxy_is_missing_a_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve.shutil, "which", lambda *_, **__: None)
    with pytest.raises(SystemExit) as ended:
        plan_of([])
    assert str(ended.value) == MISSING
    assert "apt-get install haproxy" in MISSING


def test_haproxy_takes_every_configuration(tmp_path: Path, certificate: Path) -> None:
    haproxy = plan_of([]).haproxy
    for address in ("", "127.0.0.1"):
        for base in ("", "a/b"):
            for pem in (None, certificate):
                plan = Plan(address, 8642, 2, base, pem, haproxy)
                file = tmp_path / "haproxy.cfg"
                file.write_text(configuration(plan, [1024, 1025], tmp_path / "socket"))
                checked = subprocess.run([haproxy, "-c", "-f", file], capture_output=True, text=True)
                assert checked.returncode == 0, checked.stderr
                assert not checked.stderr, checked.stderr


def test_together_they_may_use_what_one_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_CACHE_BYTES", "100000000")
    monkeypatch.setenv("CNNVIZ_JOBS", "3")
    hall = Hall(Plan("", 1, 4, "", None, "haproxy"), tmp_path)
    assert hall.environment["CNNVIZ_CACHE_BYTES"] == "25000000"
    assert hall.environment["CNNVIZ_JOBS"] == "1"
    assert os.environ["CNNVIZ_CACHE_BYTES"] == "100000000"
