"""A lecture with a lecturer and two students, in three browsers; and questions answered alone."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect
from streamlit.proto.BackMsg_pb2 import BackMsg

from cnnviz.classroom.questions import question
from cnnviz.classroom.rooms import Room
from tests.browser.conftest import Profiles, Server, Visitor, settle

pytestmark = pytest.mark.browser


@pytest.fixture
def class_of_three(server: Server, profiles: Profiles) -> Iterator[tuple[Page, Page, Page]]:
    """The lecturer, a student with a phone, and one with a laptop."""
    with (
        profiles.lend(server) as lecturer,
        profiles.lend(server, "phone") as phone,
        profiles.lend(server) as laptop,
    ):
        yield lecturer.page, phone.page, laptop.page


def bar(page: Page) -> Locator:
    return page.locator(".root[data-room]")


def has_arrived(page: Page) -> None:
    """Waits until the page that was followed to rests."""
    expect(page.locator(".root[data-room][data-arriving=false]")).to_be_attached()
    settle(page)


def open_in_menu(page: Page, name: str) -> None:
    page.get_by_test_id("stSidebarNavLink").filter(has=page.get_by_text(name, exact=True)).click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    settle(page)


def number_box(page: Page, name: str) -> Locator:
    return page.locator(f"[class*=st-key-{name}] input").first


def open_and_join(server: Server, lecturer: Page, phone: Page, laptop: Page) -> str:
    """The lecturer opens a room; one student comes by its link, one types its code."""
    lecturer.goto(f"{server.url}/room")
    expect(lecturer.get_by_role("button", name="Open a room")).to_be_enabled()
    settle(lecturer)
    lecturer.get_by_role("button", name="Open a room").click()
    expect(bar(lecturer)).to_have_attribute("data-state", "leads")
    code = bar(lecturer).get_attribute("data-room")
    assert code
    settle(lecturer)
    phone.goto(f"{server.url}/?room={code}")
    laptop.goto(f"{server.url}/room")
    expect(laptop.get_by_role("button", name="Open a room")).to_be_enabled()  # this browser is known
    settle(laptop)
    laptop.get_by_label("Code", exact=True).fill(code.lower())
    laptop.get_by_role("button", name="Join the room").click()
    for student in (phone, laptop):
        expect(bar(student)).to_have_attribute("data-state", "following")
    expect(bar(lecturer)).to_contain_text("2 follow, 0 look around")
    return code


def lose_first_request(page: Page, word: bytes) -> list[bytes]:
    """The first thing that the page asks for with this word in it does not reach the server; returns what was lost."""
    lost: list[bytes] = []

    def between(browser: WebSocketRoute) -> None:
        server = browser.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            if not lost and isinstance(message, bytes) and word in message:
                lost.append(message)
            else:
                server.send(message)

        browser.on_message(pass_on)

    page.route_web_socket(re.compile("_stcore/stream"), between)
    return lost


def ask_again_after_each_click(page: Page) -> list[str]:
    """With each click the page asks once more, without the click, as where a component tells its value in that moment; returns the
    names of what was clicked.
    """
    clicked: list[str] = []

    def between(browser: WebSocketRoute) -> None:
        server = browser.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            server.send(message)
            if not isinstance(message, bytes):
                return
            asked = BackMsg.FromString(message)
            states = list(asked.rerun_script.widget_states.widgets)
            names = [one.id for one in states if one.trigger_value]
            if names:
                clicked.extend(names)
                del asked.rerun_script.widget_states.widgets[:]
                asked.rerun_script.widget_states.widgets.extend(
                    one for one in states if not one.trigger_value
                )
                server.send(asked.SerializeToString())

        browser.on_message(pass_on)

    page.route_web_socket(re.compile("_stcore/stream"), between)
    return clicked


def test_a_click_is_heard_though_another_request_follows_at_once(visitor: Visitor) -> None:
    clicked = ask_again_after_each_click(visitor.page)
    page = visitor.go("room")
    expect(page.get_by_role("button", name="Open a room")).to_be_enabled()
    settle(page)
    page.get_by_role("button", name="Open a room").click()
    expect(bar(page)).to_have_attribute("data-state", "leads")
    settle(page)
    page.get_by_role("button", name="Close the room").click()
    expect(bar(page)).to_have_count(0)
    assert len(clicked) == 2


def test_students_follow_wander_off_and_come_back(
    server: Server, class_of_three: tuple[Page, Page, Page]
) -> None:
    lecturer, phone, laptop = class_of_three
    # As when another request of the same moment overtakes it: it is asked for again.
    lost = lose_first_request(laptop, b"pooling")
    code = open_and_join(server, lecturer, phone, laptop)
    open_in_menu(lecturer, "Pooling")
    for student in (phone, laptop):
        expect(student.get_by_role("heading", name="Pooling", exact=True)).to_be_visible()
        has_arrived(student)
    assert lost
    number_box(lecturer, "stride").fill("3")
    number_box(lecturer, "stride").press("Enter")
    for student in (phone, laptop):
        expect(number_box(student, "stride")).to_have_value("3")
        expect(student).to_have_url(re.compile(f"/pooling\\?.*room={code}"))
        expect(student).to_have_url(re.compile("stride=3"))
        has_arrived(student)
    # Moving a control by oneself wanders off.
    number_box(laptop, "window").fill("4")
    number_box(laptop, "window").press("Enter")
    expect(bar(laptop)).to_have_attribute("data-state", "alone")
    expect(bar(lecturer)).to_contain_text("1 follow, 1 look around")
    open_in_menu(lecturer, "Convolution")
    expect(phone.get_by_role("heading", name="Convolution", exact=True)).to_be_visible()
    expect(laptop.get_by_role("heading", name="Pooling", exact=True)).to_be_visible()
    expect(number_box(laptop, "window")).to_have_value("4")
    laptop.get_by_role("button", name="Come back").click()
    expect(laptop.get_by_role("heading", name="Convolution", exact=True)).to_be_visible()
    expect(bar(laptop)).to_have_attribute("data-state", "following")
    expect(bar(lecturer)).to_contain_text("2 follow, 0 look around")
    # A reload loses neither the room nor, for the lecturer, its key.
    has_arrived(laptop)
    for page, state in ((laptop, "following"), (lecturer, "leads")):
        page.reload()
        expect(bar(page)).to_have_attribute("data-state", state)
        settle(page)
    laptop.get_by_role("button", name="Look around alone").click()
    expect(bar(laptop)).to_have_attribute("data-state", "alone")
    laptop.get_by_role("button", name="Leave").click()
    expect(bar(laptop)).to_have_count(0)
    expect(laptop).not_to_have_url(re.compile("room="))


def ask(lecturer: Page, title: str) -> None:
    settle(lecturer)
    box = lecturer.locator("[class*=st-key-question]").get_by_role("combobox")
    box.click()
    box.fill(title)
    lecturer.get_by_role("option", name=title, exact=True).click()
    settle(lecturer)
    lecturer.get_by_role("button", name="Ask it now").click()


def send(student: Page) -> None:
    student.get_by_role("button", name="Send", exact=True).click()
    expect(student.get_by_text("Sent. You may change it")).to_be_visible()


def test_questions_are_answered_counted_and_revealed(
    server: Server, class_of_three: tuple[Page, Page, Page]
) -> None:
    lecturer, phone, laptop = class_of_three
    code = open_and_join(server, lecturer, phone, laptop)
    counted = lecturer.locator(".root[data-room] [data-answers]")

    ask(lecturer, "The IoU of two boxes")
    known = question("iou", 0)
    right = next(place for place, option in enumerate(known.options) if option.right)
    for student, place in ((phone, right), (laptop, (right + 1) % len(known.options))):
        expect(student.get_by_text(known.text)).to_be_visible()
        student.locator(f"[data-option='{place}']").click()
        send(student)
    expect(counted).to_have_attribute("data-answers", "2")
    expect(lecturer.get_by_text("1 right")).to_have_count(0)
    expect(phone.get_by_text("✓ Right.")).to_have_count(0)
    lecturer.get_by_role("button", name="Show the answer").click()
    expect(phone.get_by_text("✓ Right.")).to_be_visible()
    expect(laptop.get_by_text("✗ Not right.")).to_be_visible()
    expect(laptop.get_by_text(known.options[(right + 1) % len(known.options)].why)).to_be_visible()
    expect(lecturer.get_by_text("2 answered, 1 right")).to_be_visible()

    lecturer.get_by_role("button", name="Show the scoreboard").click()
    nickname = phone.get_by_label("Nickname")
    nickname.fill("<b>Ada</b>")
    nickname.press("Enter")
    nickname.blur()
    expect(lecturer.get_by_text("<b>Ada</b>: 1 of 1")).to_be_visible()

    ask(lecturer, "The value of an activation")
    value = question("activation_value", 0).value
    laptop.get_by_label("Your number").fill(f"{value:.3f}".replace(".", ","))
    send(laptop)
    expect(counted).to_have_attribute("data-answers", "1")
    lecturer.get_by_role("button", name="Show the answer").click()
    expect(laptop.get_by_text("✓ Right.")).to_be_visible()
    for page in (lecturer, laptop):
        expect(page.get_by_text("<b>Ada</b>: 1 of 1")).to_be_visible()

    ask(lecturer, "From the map back to a pixel")
    row, column = min(question("window_pixel", 0).pixels)
    picture = phone.locator(".q-picture")
    box = picture.bounding_box()
    assert box
    picture.click(position={"x": (column + 0.5) * box["width"] / 8, "y": (row + 0.5) * box["height"] / 8})
    send(phone)
    keys = laptop.locator(".q-picture")
    keys.press("ArrowRight")
    keys.press("Enter")
    send(laptop)
    expect(counted).to_have_attribute("data-answers", "2")
    lecturer.get_by_role("button", name="Show the answer").click()
    expect(phone.get_by_text("✓ Right.")).to_be_visible()
    expect(phone.locator(".q-right")).to_have_count(1)

    # The page that shows it, without a reload.
    phone.get_by_role("button", name="See it on the page").click()
    expect(phone.get_by_role("heading", name="Convolution", exact=True)).to_be_visible()

    settle(lecturer)
    lecturer.get_by_role("button", name="Close the room").click()
    expect(bar(lecturer)).to_have_count(0)
    expect(laptop.locator(".root[data-state=lost], [data-testid=stAlert]").first).to_contain_text(code)
    assert not Room(code).is_open()


def test_questions_alone_are_kept_and_taken_away(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.go("questions?question=iou&chapter=wild&seed=4")
    known = question("iou", 4)
    quiz = page.locator(".root[data-question]")
    expect(quiz).to_have_attribute("data-question", "iou 4")
    wrong = next(place for place, option in enumerate(known.options) if not option.right)
    page.locator(f"[data-option='{wrong}']").click()
    expect(page.get_by_text(known.explanation)).to_have_count(0)
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text(known.options[wrong].why)).to_be_visible()
    expect(page.get_by_text("In the wild: 0 of")).to_have_count(2)
    page.get_by_role("button", name="Other numbers").click()
    expect(quiz).to_have_attribute("data-question", "iou 5")
    expect(page).to_have_url(re.compile("seed=5"))
    settle(page)
    other = question("iou", 5)
    right = next(place for place, option in enumerate(other.options) if option.right)
    page.locator(f"[data-option='{right}']").click()
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("✓ Right.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("In the wild: 1 of").first).to_be_visible()
    settle(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save my answers (JSON)").click()
    download.value.save_as(tmp_path / "answers.json")
    kept = json.loads((tmp_path / "answers.json").read_text())
    assert [(one["name"], one["seed"], one["right"]) for one in kept] == [("iou", 4, False), ("iou", 5, True)]
    assert [one["expected"] for one in kept] == [known.answer, other.answer]
    with page.expect_download() as download:
        page.get_by_role("button", name="Save my answers (CSV)").click()
    download.value.save_as(tmp_path / "answers.csv")
    assert len((tmp_path / "answers.csv").read_text().splitlines()) == 3
    page.get_by_role("button", name="The size of a map").click()
    expect(quiz).to_have_attribute("data-question", "convolution_size 5")
    expect(page).to_have_url(re.compile("question=convolution_size|seed=5"))
    settle(page)
    page.get_by_role("button", name="Forget my answers").click()
    page.get_by_role("button", name="Click again").click()
    expect(page.get_by_text("0 answers are kept")).to_be_visible()
    page.reload()
    expect(page.get_by_text("0 answers are kept")).to_be_visible()
