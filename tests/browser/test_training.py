import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import COMPUTING, Server, Visitor, expect_run, settle

pytestmark = pytest.mark.browser


def train(page: Page) -> None:
    page.get_by_role("button", name="Train", exact=False).and_(
        page.locator("[data-testid=stBaseButton-primary]")
    ).click()
    expect(page).to_have_url(re.compile("run=(?!example)"))


def status(page: Page) -> str:
    return page.locator("[data-part=says]").inner_text()


def accuracy(page: Page) -> float:
    text = page.locator("p", has_text="Confusion matrix at step").inner_text()
    return float(re.search(r"accuracy ([\d.]+)%", text)[1])  # type: ignore[index]


def kernels(page: Page) -> str:
    return page.locator("img[alt*='kernels of conv1']").get_attribute("src") or ""


def test_one_click_to_the_first_experiment_train_scrub_reload(visitor: Visitor) -> None:
    page = visitor.go()
    page.get_by_text("Start the first experiment").click()
    expect(page.get_by_role("heading", name="Training lab")).to_be_visible()
    train(page)
    expect_run(page, "finished")
    # The curves know of the end before the page does.
    expect(page.get_by_text("Confusion matrix at step 468")).to_be_visible()
    expect(page.get_by_text("step 468 of 468", exact=True)).to_be_visible()
    settle(page)
    assert accuracy(page) > 97
    learned = kernels(page)
    page.get_by_role("button", name="First step").click()
    expect(page.get_by_text("step 0 of 468", exact=True)).to_be_visible()
    expect(page.get_by_text("Confusion matrix at step 0")).to_be_visible()
    assert accuracy(page) < 30
    expect(page.locator("img[alt*='kernels of conv1']")).not_to_have_attribute("src", learned)
    expect(page).to_have_url(re.compile("step=0"))
    address = page.url
    page.reload()
    expect(page.get_by_text("step 0 of 468", exact=True)).to_be_visible()
    settle(page)
    expect(page).to_have_url(address)
    assert accuracy(page) < 30


def test_pause_step_rate_resume_stop_and_only_for_the_owner(
    visitor: Visitor, second_visitor: Visitor, server: Server
) -> None:
    page = visitor.go("training_lab?network=lenet5&epochs=250")
    train(page)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("[data-part=says]")).to_contain_text("Paused")
    settle(page)
    held = int(re.search(r"step (\d+) of", status(page))[1])  # type: ignore[index]
    page.get_by_role("button", name="One step", exact=True).click()
    expect(page.locator("[data-part=says]")).to_contain_text(f"step {held + 1} of")

    other = second_visitor.go(page.url.removeprefix(server.url + "/"))
    expect(other.get_by_text("Only the browser that started it")).to_be_visible()
    expect(other.get_by_role("button", name="Stop", exact=True)).to_have_count(0)

    page.get_by_label("New value", exact=True).fill("0.02")
    page.get_by_label("New value", exact=True).press("Enter")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.get_by_text("From the next step on: learning rate 0.02")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    expect(page.locator("[data-part=says]")).to_contain_text("Training")
    server.stop()
    server.start()
    page.reload()
    expect(page.locator("[data-part=says]")).to_contain_text("Training")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator("[data-part=says]")).to_contain_text("Stopped")
    visitor.errors.clear()  # the page complains while its server is away
    second_visitor.errors.clear()


def test_a_browser_is_known_even_if_its_first_word_is_lost_and_at_once_when_it_comes_back(
    visitor: Visitor,
) -> None:
    lost: list[bytes] = []

    def lose_the_first(connection: WebSocketRoute) -> None:
        server = connection.connect_to_server()

        def from_browser(message: str | bytes) -> None:
            if (
                isinstance(message, bytes)
                and re.search(rb"[0-9a-f]{32}\W", message)
                and b'"key"' in message
                and not lost
            ):
                lost.append(message)
            else:
                server.send(message)

        connection.on_message(from_browser)

    asked: list[str] = []
    watch = (
        "new MutationObserver(() => { if (document.querySelector('.st-key-browser_key')) window.asked(location.href); })"
        ".observe(document, { childList: true, subtree: true });"
    )
    visitor.page.expose_function("asked", lambda address: asked.append(address))
    visitor.page.add_init_script(watch)
    visitor.page.route_web_socket(re.compile("_stcore/stream"), lose_the_first)
    page = visitor.go("training_lab")
    expect(page.locator("[data-testid=stBaseButton-primary]")).to_be_enabled()
    assert lost
    assert asked

    page.close()
    again = visitor.new_tab()
    again.expose_function("asked", lambda address: asked.append(address))
    again.add_init_script(watch)
    again.goto(f"{visitor.server.url}/training_lab?epochs=2")  # what the first tab said may still arrive
    expect(again.locator("[data-testid=stBaseButton-primary]")).to_be_enabled()
    settle(again)
    assert not [address for address in asked if "epochs=2" in address]


def test_a_page_whose_word_of_the_end_was_lost_says_it_again(visitor: Visitor) -> None:
    lost: list[bytes] = []

    def lose_the_end(connection: WebSocketRoute) -> None:
        server = connection.connect_to_server()

        def from_browser(message: str | bytes) -> None:
            if isinstance(message, bytes) and b"finished" in message and not lost:
                lost.append(message)
            else:
                server.send(message)

        connection.on_message(from_browser)

    visitor.page.route_web_socket(re.compile("_stcore/stream"), lose_the_end)
    page = visitor.go("training_lab?network=tiny&epochs=1&limit=500")
    train(page)
    expect(page.get_by_text(re.compile("^Finished · step"))).to_be_visible(timeout=COMPUTING)
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_disabled()
    assert lost


def test_a_diverged_run_says_what_to_try(visitor: Visitor) -> None:
    page = visitor.go("training_lab")
    page.get_by_text("Make the learning rate far too large").click()
    expect(page.get_by_label("Learning rate", exact=True)).to_have_value("50")
    settle(page)
    train(page)
    expect(page.get_by_text("Try a learning rate of 5")).to_be_visible(timeout=COMPUTING)


def test_projector_mode_by_key_and_by_link(visitor: Visitor) -> None:
    page = visitor.go()
    sidebar = page.locator("[data-testid=stSidebar]")
    expect(page.get_by_role("button", name="Switch projector mode")).to_be_visible()
    page.keyboard.press("p")
    expect(sidebar).to_be_hidden()
    expect(page).to_have_url(re.compile("projector=true"))
    page.keyboard.press("p")
    expect(sidebar).to_be_visible()
    page = visitor.go("feature_maps?projector=true")
    expect(sidebar).to_be_hidden()


def test_a_student_trains_two_classes_and_takes_the_weights_away_and_brings_them_back(
    visitor: Visitor, tmp_path: Path
) -> None:
    page = visitor.go("training_lab?dataset=digits&network=tiny&epochs=20&batch_size=32&knobs=data")
    for name in ("3", "5"):
        page.get_by_test_id("stButtonGroup").get_by_role("button", name=name, exact=True).click()
        settle(page)
    train(page)
    expect_run(page, "finished")
    settle(page)
    expect(page.get_by_text("Tiny digits, 8×8 (scikit-learn): 3, 5")).to_be_visible()
    with page.expect_download() as weights:
        page.get_by_role("button", name="Weights", exact=True).click()
    with page.expect_download() as report:
        page.get_by_role("button", name="Report", exact=True).click()
    path = tmp_path / "weights.safetensors"
    weights.value.save_as(path)
    said = Path(report.value.path()).read_text(encoding="utf-8")
    shown = page.get_by_text(re.compile(r"validation accuracy \d")).inner_text()
    (accuracy,) = re.findall(r"validation accuracy (\d+\.\d\d%)", shown)
    assert f"Test accuracy {accuracy} at step" in said
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="Open these weights").click()
    expect(page.get_by_text("These weights were brought from a file")).to_be_visible()
    expect(page.get_by_text(re.compile(rf"validation accuracy {re.escape(accuracy)}"))).to_be_visible()


def test_a_trick_is_looked_at_and_trained_again(visitor: Visitor) -> None:
    page = visitor.go("training_tricks?trick=flip")
    settle(page)
    rows = {row.split("\t")[0]: row for row in page.locator("table").first.inner_text().splitlines()}
    shares = {title: float(re.findall(r"(\d+\.\d)%", rows[title])[0]) for title in ("None", "Flip")}
    assert shares["Flip"] < shares["None"]
    page.get_by_test_id("stButtonGroup").get_by_role("button", name="Shift", exact=True).click()
    settle(page)
    page.get_by_role("button", name="Train 2 networks").click()
    expect(page.get_by_text("One seed cannot tell whether that is chance")).to_be_visible(timeout=COMPUTING)
    expect(page.locator("[data-testid=stMarkdownContainer] table").last).to_contain_text("Flip")


def test_one_thing_is_changed_and_the_seeds_say_whether_it_matters(visitor: Visitor) -> None:
    page = visitor.go("runs?dataset=digits&network=tiny&epochs=2&limit=300&values=0.0001,0.1")
    expect(page.get_by_text("a bundled comparison")).to_be_visible()
    page.get_by_role("button", name="Train 4 runs").click()
    expect(page).to_have_url(re.compile("race=experiment"))
    expect(page.get_by_text("Best on the test images: learning rate 0.1")).to_be_visible(timeout=COMPUTING)
    rows = page.locator("[data-testid=stMarkdownContainer] table").first.inner_text().splitlines()
    assert rows[1].startswith("learning rate 0.1\t")
    link = page.get_by_text(re.compile(r"runs\?race=experiment")).inner_text()
    other = visitor.go(link.partition("/runs?")[2] and "runs?" + link.partition("/runs?")[2])
    expect(other.get_by_text("Best on the test images: learning rate 0.1")).to_be_visible()


def test_a_recipe_is_chosen_and_keeps_its_word(visitor: Visitor) -> None:
    page = visitor.go("training_lab?seed=2")
    page.get_by_role("link", name=re.compile(r"98\.3% to 98\.6% in 1 epoch")).click()
    page.wait_for_url(re.compile("batch_size=64"))
    settle(page)
    expect(page.get_by_label("Epochs", exact=True)).to_have_value("1")
    expect(page.get_by_label("Learning rate", exact=True)).to_have_value("0.2")
    train(page)
    expect_run(page, "finished")
    expect(page.get_by_text("Confusion matrix at step 312")).to_be_visible()
    settle(page)
    assert accuracy(page) > 98
