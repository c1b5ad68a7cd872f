"""The real app in Debian's Chromium. Nothing may be written to the browser's console or the server's log."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    TimeoutError,
    expect,
    sync_playwright,
)

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / ".ci" / "screenshots"
CHROMIUM = os.environ.get("CNNVIZ_CHROMIUM") or next(
    filter(
        None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"))
    ),
    None,
)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--process-per-site",  # a page of a profile finds the scripts compiled that the one before used
)
WIDTHS = {"laptop": (1366, 768), "projector": (1920, 1080), "phone": (390, 844)}
PATIENCE = 60_000
"""Milliseconds after which a page that does not answer is broken, also where both cores have other things to
do.
"""
STEADY = 100
"""Milliseconds: what a click begins has begun by then."""
COMPUTING = 240_000
"""The same for what trains or measures a network."""
expect.set_options(timeout=PATIENCE)


class Server:
    """``streamlit run explorer_app.py``, or another app, in a process of its own."""

    def __init__(self, log: Path, script: str = "explorer_app.py") -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        self.log, self.script = log, script
        self.start()

    def start(self) -> None:
        with self.log.open("a") as file:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "streamlit",
                    "run",
                    self.script,
                    "--server.headless=true",
                    f"--server.port={self.port}",
                ],
                cwd=ROOT,
                stdout=file,
                stderr=file,
            )
        end = time.monotonic() + 120
        while time.monotonic() < end:
            with (
                contextlib.suppress(OSError),
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2),
            ):
                return
            time.sleep(0.1)
        raise AssertionError(f"the server did not start: {self.log.read_text()}")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)

    def complaints(self) -> str:
        lines = self.log.read_text().splitlines()
        return "\n".join(line for line in lines if re.search(r"Traceback|Error|Warning|WARN|Exception", line))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("server") / "log.txt")
    # This address answers when PyTorch is imported: minutes, where the disk of a new machine is busy too.
    with urllib.request.urlopen(f"{running.url}/cnnviz/live", timeout=COMPUTING / 1000) as reply:
        assert reply.read() == b"[]"
    yield running
    running.stop()
    assert not running.complaints(), running.log.read_text()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    assert CHROMIUM, "These tests need Chromium: sudo apt-get install chromium (or set CNNVIZ_CHROMIUM)."
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield running
        running.close()


class Visitor:
    """One browser profile that visits the app; collects what goes wrong in its console."""

    def __init__(self, server: Server, context: BrowserContext) -> None:
        self.server, self.context = server, context
        self.errors: list[str] = []
        context.set_default_timeout(PATIENCE)
        self.page = self.new_tab()

    def new_tab(self) -> Page:
        page = self.context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        # On a deep link Streamlit's page asks for its server one folder too deep first, and then at the right
        # place.
        if message.type == "error" and "/_stcore/" not in str(message.location):
            self.errors.append(f"{message.text} {message.location}")

    def go(self, path: str = "") -> Page:
        self.page.goto(f"{self.server.url}/{path}")
        settle(self.page, f"{HAS_HEADING} && {AT_REST}")
        return self.page


AT_REST = """(() => {
    if (document.querySelector("[data-testid=stApp]")?.dataset.testScriptState !== "notRunning") return false;
    if (document.querySelector("[data-stale=true], [data-testid=stSkeleton]")) return false;
    // Each component's script is there.
    const places = [document, ...[...document.querySelectorAll("*")].flatMap((one) => one.shadowRoot ?? [])];
    return !places.some((place) => place.querySelector(".root:not([data-ready])"));
})()"""
"""No script runs, nothing is stale, and all components answer."""
HAS_HEADING = "[...document.querySelectorAll('h1, h2, h3')].some((one) => one.checkVisibility())"


def settle(page: Page, condition: str = AT_REST) -> None:
    """Waits until the page rests, also over a change of the document."""
    end = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < end:
        with contextlib.suppress(Error):
            return wait_until(page, condition, steady=STEADY)
    raise AssertionError(f"{page.url} does not come to rest")


def wait_until(page: Page, condition: str, given: object = None, steady: int = 0) -> None:
    """Waits until an expression of JavaScript, in which ``given`` may stand, is true, and stays so for some
    milliseconds.

    Playwright's own ``wait_for_function`` runs text, which the app's content security policy forbids.
    """
    page.evaluate(
        f"""([given, patience, steady]) => new Promise((done, fail) => {{
            const end = performance.now() + patience;
            let since = null;
            const look = () => {{
                const now = performance.now();
                since = ({condition}) ? since ?? now : null;
                if (since !== null && now - since >= steady) done();
                else if (now > end) fail(new Error("not within the patience of the tests"));
                else setTimeout(look, 16);
            }};
            look();
        }})""",
        [given, PATIENCE, steady],
    )


def take_photo(page: Page, after: float = 2.0) -> None:
    """Presses the camera's button until it has taken a picture.

    The camera of the tests shows a clock: another time after its beginning (in seconds) gives another picture.
    Streamlit opens the camera anew a second after its box got its width. A click in that moment takes nothing, or a picture
    that the page never hears of: so the camera has to be open for longer before one clicks.
    """
    wait_until(page, "document.querySelector('video')?.currentTime > given", after)
    taken = page.get_by_role("button", name="Clear photo").or_(page.get_by_text("Uploading"))
    for _ in range(5):
        with contextlib.suppress(TimeoutError):
            page.get_by_role("button", name="Take Photo").click(timeout=10_000)
        with contextlib.suppress(TimeoutError):
            taken.first.wait_for(timeout=10_000)
            return


def shown_run(page: Page) -> str:
    """The run that the address names."""
    found = re.search(r"run=([a-z0-9-]+)", page.url)
    assert found, page.url
    return found[1]


def expect_run(page: Page, state: str) -> None:
    """Waits until the curves are those of the run in the address, and this is its state."""
    expect(page.locator(f".root[data-runs='{shown_run(page)}']")).to_have_attribute(
        "data-states", state, timeout=COMPUTING
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):  # noqa: ARG001 - its name is pytest's
    """What the page and its console showed when a test failed stands in ``.ci/screenshots``."""
    report = yield
    guest = getattr(item, "funcargs", {}).get("visitor")
    if report.when == "call" and report.failed and guest is not None:
        with contextlib.suppress(Exception):
            SCREENSHOTS.mkdir(parents=True, exist_ok=True)
            name = f"failed-{item.name[:80]}"
            (SCREENSHOTS / f"{name}.txt").write_text(
                "\n".join([guest.page.url, *guest.errors]), encoding="utf-8"
            )
            guest.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
    return report


class Profiles:
    """Browser profiles that the tests use one after the other, each emptied before it is lent.

    A new profile would read and compile all of Streamlit's scripts once more, which takes longer than most tests.
    """

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.free: dict[str, list[BrowserContext]] = {}

    @contextlib.contextmanager
    def lend(self, server: Server, width: str = "laptop", **options: Any) -> Iterator[Visitor]:
        """A visitor with an empty profile; nothing may stand in its console at the end."""
        w, h = WIDTHS[width]
        shelf = self.free.setdefault(repr((width, sorted(options.items()))), [])
        if shelf:
            context = shelf.pop()
        else:
            context = self.browser.new_context(
                viewport={"width": w, "height": h}, permissions=["camera"], **options
            )
            # While one page of the site is open, its process and what that compiled stay.
            context.new_page().goto(f"{server.url}/_stcore/health")
        guest = Visitor(server, context)
        context.new_cdp_session(guest.page).send(
            "Storage.clearDataForOrigin", {"origin": server.url, "storageTypes": "all"}
        )
        yield guest
        for page in context.pages[1:]:
            page.close()
        context.clear_cookies()
        shelf.append(context)
        assert not guest.errors


@pytest.fixture(scope="session")
def profiles(browser: Browser) -> Profiles:
    return Profiles(browser)


@pytest.fixture
def visitor(server: Server, profiles: Profiles) -> Iterator[Visitor]:
    with profiles.lend(server) as guest:
        yield guest


@pytest.fixture
def second_visitor(server: Server, profiles: Profiles) -> Iterator[Visitor]:
    with profiles.lend(server, "phone", color_scheme="dark") as guest:
        yield guest
