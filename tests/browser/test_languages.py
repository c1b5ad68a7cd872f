"""In Chromium: the components speak the language of the page, it comes from the browser or the link, and what is 40 %
longer still has room.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from explorer_app import CHAPTERS
from tests import pseudo
from tests.browser.conftest import Profiles, Server
from tests.pages.test_languages import NAMES, PAGES
from tests.pages.test_languages import names as known_names

pytestmark = pytest.mark.browser
PATHS = [
    "" if number == 0 else lesson.url_path
    for number, lesson in enumerate(lesson for chapter in CHAPTERS for lesson in chapter.lessons)
    if lesson.file in PAGES
]
TEXTS = """() => {
  const found = [];
  for (const element of document.querySelectorAll('.root, .root *')) {
    if (['STYLE', 'SCRIPT', 'TEMPLATE'].includes(element.tagName) || element.closest('svg')) continue;
    for (const name of ['aria-label', 'title']) if (element.getAttribute(name)) found.push(element.getAttribute(name));
    for (const node of element.childNodes) if (node.nodeType === 3 && node.data.trim()) found.push(node.data.trim());
  }
  return found;
}"""
CUT_OFF = """() => [...document.querySelectorAll('button, label, [data-testid=stWidgetLabel], summary, h2, h3')]
  .filter((element) => element.checkVisibility() && element.clientWidth > 8 && !element.closest('[data-testid=stSidebar]'))
  .filter((element) => { const style = getComputedStyle(element); return style.overflowX !== 'visible' && element.scrollWidth > element.clientWidth + 1; })
  .map((element) => element.textContent.trim())
  .filter(Boolean)"""


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app with the language of the tests."""
    running = Server(tmp_path_factory.mktemp("server") / "log.txt", script="tests/pseudo_app.py")
    yield running
    running.stop()
    assert not running.complaints(), running.log.read_text()


def is_english(text: str) -> bool:
    """Whether something was not said in the language of the tests; names stay as they are."""
    left = NAMES.sub(" ", pseudo.unsaid(text))
    return bool({word for word in left.split() if len(word) > 2} - known_names())


@pytest.mark.thorough(19)
@pytest.mark.parametrize("width", ["laptop", "phone"])
@pytest.mark.parametrize("page", PATHS)
def test_nothing_is_forgotten_or_cut_off(profiles: Profiles, foreign: Server, page: str, width: str) -> None:
    with profiles.lend(foreign, width) as guest:
        tab = guest.go(f"{page}?language={pseudo.NAME}")
        links = tab.locator(".st-key-try a").evaluate_all("all => all.map((one) => one.href)")
        assert len(links) >= 3 or page in ("", "notes")
        told = said_wrongly(tab)
        for link in links if width == "laptop" else ():
            address = link.removeprefix(f"{guest.server.url}/")
            told += said_wrongly(guest.go(f"{address}{'&' if '?' in address else '?'}language={pseudo.NAME}"))
        assert not told


def said_wrongly(tab: Page) -> list[str]:
    """What is cut off, and what is not in the language of the tests."""
    return [
        f"{tab.url}: {text}" for text in (*tab.evaluate(CUT_OFF), *filter(is_english, tab.evaluate(TEXTS)))
    ]


@pytest.mark.parametrize(("locale", "said"), [("de-AT", "Faltung"), ("fr-FR", "Convolution")])
def test_the_browser_names_the_language(profiles: Profiles, server: Server, locale: str, said: str) -> None:
    with profiles.lend(server, locale=locale) as guest:
        tab = guest.go("convolution")
        expect(tab.get_by_role("heading", level=2).first).to_have_text(said)


def test_a_component_changes_its_language(profiles: Profiles, foreign: Server) -> None:
    with profiles.lend(foreign) as guest:
        tab = guest.go(f"pooling?language={pseudo.NAME}")
        play = tab.locator(".root [data-part=play]").first
        expect(play).to_have_text(pseudo.pseudo("▶ Play"))
        guest.go("pooling?language=en")
        expect(play).to_have_text("▶ Play")
        play.click()
        expect(play).to_have_text("❚❚ Pause")
