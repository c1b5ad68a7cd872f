"""A lecture is given: by keys, with the light, the notes in a second window, and one's own from a file."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cnnviz.ui.lectures import Lecture, Slide, bundled_lecture, read_lecture
from tests.browser.conftest import Visitor, settle, wait_until

pytestmark = pytest.mark.browser

QUICK = Lecture(
    title="A quick one",
    slides=(
        Slide("pooling", {"window": "3"}, "Overlap", "First **notes**.", "See [the windows](#spot:pooling_stepper).", spot="pooling_stepper", minutes=1),
        Slide("pooling", {"mode": "average"}, "Mean", "Second notes.", hide=("training", "padding", "sidebar"), minutes=1),
        Slide("convolution", {"padding": "1"}, "Border", "Third notes.", minutes=1),
        Slide("kernels", {"photo": "brick"}, "Bricks", "Fourth notes."),
        Slide("convolution", {"stride": "2", "padding": "1"}, "Stride", "Fifth notes."),
        Slide("dropout", {"p": "0.8"}, "Drop", "Sixth notes."),
        Slide("gradient_descent", {"surface": "valley"}, "Valley", "Seventh notes."),
        Slide("fully_connected", {"temperature": "10"}, "Softmax", "Eighth notes."),
        Slide("image_as_numbers", {"begin": "lecture"}, "Numbers", "Ninth notes."),
        Slide("builder", {"preset": "lenet5"}, "Builder", "Tenth notes."),
        Slide("home", {}, "Home", "Last notes."),
    ),
)  # fmt: skip


def bar(page: Page, number: int, title: str) -> None:
    """Waits until this slide is shown."""
    root = page.locator(".st-key-lecture_bar .root")
    expect(root).to_have_attribute("data-slide", str(number))
    expect(root.locator("b")).to_have_text(title)
    settle(page)


def upload(page: Page, lecture: Lecture, folder: Path, text: str | None = None) -> None:
    file = folder / "lecture.toml"
    file.write_text(lecture.text() if text is None else text, encoding="utf-8")
    page.locator("input[type=file]").set_input_files(str(file))
    expect(page.get_by_role("button", name="Stop editing")).to_be_visible()
    settle(page)


def start(visitor: Visitor, folder: Path) -> Page:
    page = visitor.go("lectures")
    upload(page, QUICK, folder)
    page.locator(".st-key-start_of_own button").click()
    bar(page, 1, "Overlap")
    return page


def test_ten_slides_by_keys_and_a_jump_by_number(visitor: Visitor, tmp_path: Path) -> None:
    page = start(visitor, tmp_path)
    keys = ["PageDown", "ArrowRight", "n"]
    for number, slide in enumerate(QUICK.slides[1:], 2):
        page.keyboard.press(keys[number % 3])
        bar(page, number, slide.title)
        path = "" if slide.page == "home" else slide.page
        for name, text in slide.state.items():
            expect(page).to_have_url(re.compile(rf"/{path}\?.*{name}={text}"))
    page.keyboard.press("PageUp")
    bar(page, 10, "Builder")
    page.keyboard.press("2")
    expect(page.locator("[data-part=goto]")).to_have_text("Slide 2")
    page.keyboard.press("Enter")
    bar(page, 2, "Mean")
    page.keyboard.press("End")
    bar(page, 11, "Home")
    page.keyboard.press("Home")
    bar(page, 1, "Overlap")
    expect(page.get_by_label("Window", exact=True)).to_have_value("3")
    page.locator("[data-part=jump]").select_option("5")
    bar(page, 5, "Stride")
    page.go_back()
    bar(page, 1, "Overlap")


def test_a_slide_forgets_what_was_moved_before(visitor: Visitor, tmp_path: Path) -> None:
    page = start(visitor, tmp_path)
    page.get_by_label("Stride", exact=True).fill("1")
    page.get_by_label("Stride", exact=True).press("Enter")
    expect(page).to_have_url(re.compile("stride=1"))
    page.keyboard.press("PageDown")
    bar(page, 2, "Mean")
    expect(page.get_by_label("Stride", exact=True)).to_have_value("2")
    page.keyboard.press("PageUp")
    bar(page, 1, "Overlap")
    expect(page.get_by_label("Stride", exact=True)).to_have_value("2")


def test_what_is_moved_on_a_slide_of_another_page_stays(visitor: Visitor, tmp_path: Path) -> None:
    page = start(visitor, tmp_path)
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    bar(page, 3, "Border")
    page.get_by_label("Stride", exact=True).fill("2")
    page.get_by_label("Stride", exact=True).press("Enter")
    expect(page).to_have_url(re.compile("stride=2"))
    settle(page)
    page.reload()
    bar(page, 3, "Border")
    expect(page.get_by_label("Stride", exact=True)).to_have_value("2")


def test_keys_are_the_fields_own_while_one_types(visitor: Visitor, tmp_path: Path) -> None:
    page = start(visitor, tmp_path)
    page.get_by_label("Window", exact=True).click()
    for key in ("n", "ArrowRight", "s", "End"):
        page.keyboard.press(key)
    expect(page.locator(".cnnviz-spotlight")).to_have_count(0)
    bar(page, 1, "Overlap")
    stepper = page.locator(".st-key-pooling_stepper .root")
    stepper.locator("[tabindex='0'], button").first.focus()
    page.keyboard.press("ArrowRight")
    bar(page, 1, "Overlap")
    page.keyboard.press("PageDown")
    bar(page, 2, "Mean")


def test_hidden_things_and_leaving(visitor: Visitor, tmp_path: Path) -> None:
    page = start(visitor, tmp_path)
    expect(page.get_by_label("Padding", exact=True)).to_be_visible()
    page.keyboard.press("PageDown")
    bar(page, 2, "Mean")
    expect(page.get_by_label("Padding", exact=True)).to_have_count(0)
    expect(page.get_by_text("Train both yourself")).to_have_count(0)
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator(".st-key-lecture_bar")).to_have_count(0)
    expect(page.get_by_label("Padding", exact=True)).to_be_visible()
    assert "lecture=" not in page.url


def test_the_light_and_words_that_point(visitor: Visitor, tmp_path: Path) -> None:
    page = start(visitor, tmp_path)
    stepper = page.locator(".st-key-pooling_stepper")
    link = page.get_by_role("link", name="the windows")
    link.hover()
    outline = page.locator(".cnnviz-outline")
    expect(outline).to_be_visible()
    around, thing = outline.bounding_box(), stepper.bounding_box()
    assert around
    assert thing
    assert abs(around["x"] + 8 - thing["x"]) < 2
    assert abs(around["width"] - 16 - thing["width"]) < 2
    stepper.hover()
    expect(link).to_have_class(re.compile("cnnviz-pointed-at"))
    expect(outline).to_have_count(0)
    page.keyboard.press("s")
    light = page.locator(".cnnviz-spotlight")
    expect(light).to_have_attribute("data-light", "thing")
    page.keyboard.press("s")
    expect(light).to_have_attribute("data-light", "mouse")
    page.mouse.move(500, 300)
    wait_until(
        page,
        """(() => {
            const box = document.querySelector(".cnnviz-spotlight").getBoundingClientRect();
            return Math.abs(box.x + box.width / 2 - 500) < 2 && Math.abs(box.y + box.height / 2 - 300) < 2;
        })()""",
    )
    page.keyboard.press("Escape")
    expect(light).to_have_count(0)
    bar(page, 1, "Overlap")


def test_the_second_window_follows_and_drives_and_the_clock_runs(visitor: Visitor, tmp_path: Path) -> None:
    page = start(visitor, tmp_path)
    time = page.locator("[data-part=time]")
    expect(time).to_have_text(re.compile(r"0:0[2-9] / plan 0:00|0:[1-5]\d / plan 0:00"))
    with page.context.expect_page() as opened:
        page.keyboard.press("o")
    notes = opened.value
    expect(notes.get_by_text("First notes.")).to_be_visible()
    expect(notes.get_by_text("Mean", exact=True)).to_be_visible()
    page.keyboard.press("PageDown")
    bar(page, 2, "Mean")
    expect(notes.get_by_text("Second notes.")).to_be_visible()
    settle(notes)
    notes.get_by_label("Next slide, in both windows").click()
    bar(page, 3, "Border")
    expect(notes.get_by_text("Third notes.")).to_be_visible()
    expect(notes.locator("[data-part=planned]")).to_have_text("plan 2:00–3:00 of 3:00")
    expect(notes.locator("[data-part=elapsed]")).to_have_text(re.compile(r"\d+:\d\d"))
    notes.reload()
    expect(notes.get_by_text("Third notes.")).to_be_visible()


def test_own_lecture_is_edited_downloaded_and_kept(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.go("lectures")
    upload(page, QUICK, tmp_path)
    box = page.get_by_label("Title of the slide")
    box.fill("Windows of three")
    box.press("Enter")
    settle(page)
    page.locator(".st-key-move_to_1 button").click()
    settle(page)
    expect(page.get_by_label("Title of the slide")).to_have_value("Windows of three")
    with page.expect_download() as saved:
        page.locator(".st-key-lecture_download button").click()
    lecture = read_lecture(Path(saved.value.path()))
    assert [slide.title for slide in lecture.slides[:3]] == ["Mean", "Windows of three", "Border"]
    page.get_by_role("link", name="Dropout").first.click()
    expect(page.get_by_role("heading", name="Dropout").first).to_be_visible()
    settle(page)
    page.get_by_role("button", name="Add this page to my lecture").click()
    expect(page.get_by_text("“Dropout” is slide 12 of your lecture.")).to_be_visible()
    settle(page)
    page = visitor.go("lectures")
    begin = page.locator(".st-key-begin_of_own").get_by_role("combobox")
    expect(begin).to_have_value("1 · Mean")
    expect(page.get_by_text("12 slides, 3 minutes")).to_be_visible()


def test_a_broken_file_opens_with_sentences(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.go("lectures")
    broken = '[[slide]]\npage = "poling"\n[[slide]]\npage = "pooling"\nstate = { windw = 3 }\ntitle = "<b>Bold</b>"\n'
    upload(page, QUICK, tmp_path, broken)
    expect(page.get_by_text("Slide 1: there is no page “poling” here. Is it “pooling”?")).to_be_visible()
    expect(page.get_by_text("the page “pooling” has no field “windw”. Is it “window”?")).to_be_visible()
    page.locator(".st-key-start_of_own button").click()
    bar(page, 1, "<b>Bold</b>")


def test_a_short_link_begins_at_its_slide(visitor: Visitor) -> None:
    lecture = bundled_lecture("cnn")
    assert lecture is not None
    number = next(at for at, slide in enumerate(lecture.slides, 1) if slide.page == "pooling")
    page = visitor.go(f"?lecture=cnn&slide={number}")
    bar(page, number, lecture.slides[number - 1].title)
    expect(page).to_have_url(re.compile(r"/pooling\?"))
