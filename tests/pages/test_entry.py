"""The class password and the owner's key, on the pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz import permits
from cnnviz.errors import CnnvizError
from cnnviz.permits import MOST_WRONG, enter, hash_of, holds, withdraw
from cnnviz.settings import settings
from cnnviz.training import TrainingSpec, launcher, start, start_all
from cnnviz.training.budget import within_time
from cnnviz.training.pool import Server
from cnnviz.training.queue import put
from cnnviz.ui import census
from cnnviz.ui.census import Census
from cnnviz.ui.outside import plain
from tests.pages.conftest import BROWSER, PATIENCE, ROOT, Open, words

PAGE = "pages/seeing/pooling.py"
SMALL = TrainingSpec(network="tiny", epochs=1, limit=256)
ME = hash_of(BROWSER)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))
    permits._wrong.clear()
    yield
    permits._wrong.clear()
    launcher.shut_down(settings().runs)


@pytest.fixture
def open_page() -> Open:
    """As that of all pages, of a browser whose secret the server has heard already."""

    def open_it(page: str, **parameters: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "explorer_app.py"), default_timeout=PATIENCE)
        app.switch_page(page)
        app.session_state["browser_secret"] = BROWSER
        for name, value in parameters.items():
            app.query_params[name] = value
        return app.run()

    return open_it


@pytest.fixture
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_CLASS_PASSWORD", "Faltung 3×3")


@pytest.fixture
def owner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_OWNER_KEY", "owner's own key")


@pytest.fixture
def nothing_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs wait, and no process takes them."""
    monkeypatch.setattr(launcher, "ensure", lambda _: None)


def say(app: AppTest, kind: str, text: str) -> AppTest:
    app.text_input(key=f"{kind}_password").set_value(text)
    return app.button[0].click().run()


@pytest.mark.usefixtures("password")
def test_without_the_password_only_its_page_is_shown_and_the_link_goes_on_afterwards(open_page: Open) -> None:
    app = open_page(PAGE, window="3", mode="average")
    assert [element.value for element in app.header] == ["cnnviz"]
    assert not app.code
    assert "3" in app.query_params["window"]
    app = say(app, "class", "Faltung 3x3")
    assert "This is not the password" in words(app)
    assert [element.value for element in app.header] == ["cnnviz"]
    app = say(app, "class", "Faltung 3×3")
    assert not app.exception
    assert [element.value for element in app.header] == ["Pooling"]
    assert app.number_input(key="window").value == 3
    assert "3" in app.query_params["window"]
    # The same browser comes again, another one does not come in.
    assert [element.value for element in open_page(PAGE).header] == ["Pooling"]


@pytest.mark.usefixtures("password")
def test_a_permit_is_for_one_browser_and_one_password(monkeypatch: pytest.MonkeyPatch) -> None:
    assert enter("class", ME, "Faltung 3×3")
    assert holds("class", ME)
    assert not holds("class", hash_of("c" * 32))
    assert not holds("owner", ME)
    file = next((settings().home / "permits" / "class").iterdir())
    (file.parent / f"{hash_of('c' * 32)}.json").write_text(file.read_text())
    assert not holds("class", hash_of("c" * 32))
    monkeypatch.setenv("CNNVIZ_CLASS_PASSWORD", "another")
    assert not holds("class", ME)
    monkeypatch.setenv("CNNVIZ_CLASS_PASSWORD", "Faltung 3×3")
    monkeypatch.setattr(permits.time, "time", lambda: 4e9)
    assert not holds("class", ME)


@pytest.mark.usefixtures("password")
@pytest.mark.parametrize("browser", ["", "../../../x", "a" * 63, "A" * 64])
def test_what_is_no_hash_of_a_browser_holds_nothing(browser: str) -> None:
    assert not holds("class", browser)


def test_without_a_password_none_is_right() -> None:
    assert not enter("class", ME, "")
    assert not enter("owner", ME, "")
    assert not holds("owner", ME)


@pytest.mark.usefixtures("password")
def test_wrong_passwords_from_one_address_have_to_wait_and_those_from_others_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1000.0
    monkeypatch.setattr(permits.time, "monotonic", lambda: now)
    for _ in range(MOST_WRONG):
        assert not enter("class", ME, "guess", "10.0.0.1")
    with pytest.raises(CnnvizError, match="Wait 60 seconds"):
        enter("class", ME, "Faltung 3×3", "10.0.0.1")
    assert not holds("class", ME)
    assert enter("class", ME, "Faltung 3×3", "10.0.0.2")
    withdraw("class", ME)
    now += 61
    assert enter("class", ME, "Faltung 3×3", "10.0.0.1")


@pytest.mark.usefixtures("password", "nothing_trains")
def test_a_browser_without_the_password_starts_nothing() -> None:
    with pytest.raises(CnnvizError, match="Enter the class password first"):
        start(SMALL, BROWSER)
    enter("class", ME, "Faltung 3×3")
    assert start(SMALL, BROWSER).state == "queued"
    assert start(SMALL).state == "queued"


@pytest.mark.usefixtures("owner", "nothing_trains")
def test_where_only_the_owner_trains_everybody_else_reads_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_WHO_TRAINS", "owner")
    with pytest.raises(CnnvizError, match="only its owner starts trainings"):
        start(SMALL, BROWSER)
    enter("owner", ME, "owner's own key")
    assert start(SMALL, BROWSER).state == "queued"


@pytest.mark.usefixtures("owner", "nothing_trains")
def test_all_browsers_together_have_so_many_places_and_the_owner_needs_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CNNVIZ_MAX_RUNNING", "2")
    with pytest.raises(CnnvizError, match="These are 3 trainings, and this server takes 2"):
        start_all([SMALL] * 3, BROWSER)
    start(SMALL, BROWSER)
    start(SMALL, "c" * 32)
    start(SMALL)
    with pytest.raises(CnnvizError, match="2 trainings wait or train on this server, and it takes 2"):
        start(SMALL, "d" * 32)
    enter("owner", ME, "owner's own key")
    assert len(start_all([SMALL] * 3, BROWSER)) == 3


@pytest.mark.usefixtures("owner", "nothing_trains")
def test_the_owner_has_no_limits_of_work_and_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_MAX_BROWSER_IMAGES", "100")
    monkeypatch.setenv("CNNVIZ_MAX_BROWSER_WAITING", "1")
    monkeypatch.setenv("CNNVIZ_MAX_BROWSER_BYTES", "1000")
    with pytest.raises(CnnvizError, match="training images would be seen"):
        start(SMALL, BROWSER)
    enter("owner", ME, "owner's own key")
    assert len(start_all([SMALL] * 3, BROWSER)) == 3


@pytest.mark.usefixtures("owner")
def test_a_training_of_a_browser_ends_after_the_longest_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_MAX_BROWSER_SECONDS", "0.3")
    run = start(TrainingSpec(network="tiny", epochs=50), BROWSER)
    assert run.wait() == "finished"
    assert run.message == "Stopped after 0.3 seconds of work: that was the limit."
    assert run.step_count < run.total_steps
    enter("owner", ME, "owner's own key")
    assert within_time(SMALL, ME).stop_seconds is None
    assert within_time(SMALL, "").stop_seconds is None


@pytest.mark.usefixtures("owner", "nothing_trains")
def test_the_owner_does_not_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    class Nobody:
        """Hands that begin nothing and end nothing."""

        places = 9

        def begin(self, *_: object) -> "Nobody":
            return self

        def done(self) -> bool:
            return False

    monkeypatch.setenv("CNNVIZ_MAX_BROWSER_RUNNING", "1")
    runs = start_all([SMALL] * 3, BROWSER)
    server = Server(settings().runs, Nobody())  # type: ignore[arg-type]

    def hand_out() -> int:
        while (ticket := server._next()) is not None:
            server._hand_out(ticket)
        return len(server.active)

    assert hand_out() == 1
    enter("owner", ME, "owner's own key")
    for run in runs:
        put(settings().runs, run.id)
    assert hand_out() == 3


def owner_page() -> None:
    from cnnviz.ui.owner import show_owner_page

    show_owner_page()


def open_owner_page() -> AppTest:
    app = AppTest.from_function(owner_page, default_timeout=PATIENCE)
    app.session_state["browser_secret"] = BROWSER
    return app.run()


@pytest.mark.usefixtures("owner", "nothing_trains")
def test_the_owner_sees_all_trainings_and_stops_any(monkeypatch: pytest.MonkeyPatch) -> None:
    # The runtime of a test has no sessions to be counted; tests/ui/test_census.py counts some.
    found = [Census(11, 40, 1, 600_000_000, 0.0), Census(12, 38, 0, 500_000_000, 0.0)]
    monkeypatch.setattr(census, "all_processes", lambda: found)
    run = start(SMALL, "c" * 32)
    run.rename("**mine** :material/home:")
    app = open_owner_page()
    assert "mine" not in words(app)
    app = say(app, "owner", "the wrong one")
    assert "This is not the password" in words(app)
    app = say(app, "owner", "owner's own key")
    assert not app.exception
    assert plain("**mine** :material/home:") in words(app)
    assert [metric.label for metric in app.metric] == [
        "Browsers",
        "Computations of pages",
        "Memory of the web processes",
    ]
    assert [metric.value for metric in app.metric] == ["78", "1", "1,100 MB"]
    app.button(key=f"owner_stop_{run.id}").click().run()
    assert run.state == "stopped"
    assert "Nothing trains or waits." in words(app)
    app.button(key="owner_leave").click().run()
    assert not holds("owner", ME)
    assert app.text_input(key="owner_password")


def test_without_a_key_there_is_no_page_for_the_owner() -> None:
    app = open_owner_page()
    assert "No key is set on this server" in words(app)
    assert not app.text_input


@pytest.mark.usefixtures("owner")
def test_the_menu_leads_the_owner_and_nobody_else_to_that_page(open_page: Open) -> None:
    def leads(app: AppTest) -> bool:
        return any(link.proto.label == "For the owner" for link in app.get("page_link"))

    assert not leads(open_page(PAGE))
    enter("owner", ME, "owner's own key")
    assert leads(open_page(PAGE))
