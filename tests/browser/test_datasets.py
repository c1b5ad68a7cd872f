"""The course's task with one's own images, in one path: bring, look, choose classes, train, look inside, find, report."""

import io
import re
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from cnnviz.data import load
from tests.browser.conftest import COMPUTING, Visitor, expect_run, settle, take_photo
from tests.browser.test_training import accuracy, train
from tests.videos import made_up, tfrecord

pytestmark = pytest.mark.browser


def digits(path: Path) -> Path:
    """Some digits as picture files in class folders, with one file that is none."""
    some = load("mnist", "train", 1200, classes=("0", "1", "4", "7"))
    with zipfile.ZipFile(path, "w") as archive:
        for number, (image, label) in enumerate(zip(some.images, some.labels, strict=True)):
            content = io.BytesIO()
            Image.fromarray(image[0].numpy()).save(content, "PNG")
            archive.writestr(f"digit {some.classes[label]}/{number}.png", content.getvalue())
        archive.writestr("digit 0/readme.txt", b"not a picture")
    return path


def test_the_course_s_task_with_ones_own_images(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.go("datasets")
    settle(page)
    page.locator("input[type=file]").set_input_files(digits(tmp_path / "digits.zip"))
    expect(page.get_by_text(re.compile("1,200 images of 4 classes"))).to_be_visible(timeout=COMPUTING)
    expect(page.get_by_text("readme.txt: it is no picture that can be read")).to_be_visible()
    page.get_by_role("link", name="Look at them").click()
    page.wait_for_url(re.compile("dataset=own-"))
    settle(page)
    expect(page.get_by_text(re.compile("960 training images, 960 of them chosen"))).to_be_visible()
    for name in ("digit 1", "digit 4", "digit 7"):
        page.get_by_test_id("stButtonGroup").get_by_role("button", name=name, exact=True).click()
        settle(page)
    page.get_by_role("link", name="Train on these classes").first.click()
    expect(page.get_by_role("heading", name="Training lab")).to_be_visible()
    settle(page)
    train(page)
    expect_run(page, "finished")
    settle(page)
    assert accuracy(page) > 90
    with page.expect_download() as report:
        page.get_by_role("button", name="Report", exact=True).click()
    assert "digit 4" in Path(report.value.path()).read_text(encoding="utf-8")
    page.get_by_role("link", name="Look inside this network").click()
    expect(
        page.get_by_role("heading", name="Microscope").or_(page.get_by_role("heading", name="Feature maps"))
    ).to_be_visible()
    settle(page)
    page.get_by_role("link", name="Retrieval").click()
    expect(page.get_by_text(re.compile("Precision at 12"))).to_be_visible(timeout=COMPUTING)


def test_shots_of_the_camera_are_collected_and_used(visitor: Visitor) -> None:
    page = visitor.go("datasets")
    settle(page)
    page.locator("[class*=st-key-own_with_camera]").locator("label").first.click()
    settle(page)
    keep = page.get_by_role("button", name="Keep this shot")
    for at, (name, count) in enumerate((("cup", 1), ("cup", 2), ("book", 1), ("book", 2))):
        page.get_by_label("Its class", exact=True).fill(name)
        page.get_by_label("Its class", exact=True).press("Enter")
        settle(page)
        take_photo(page, 2.0 + 0.4 * at)
        expect(keep).to_be_enabled()
        keep.click()
        expect(page.get_by_role("row", name=f"{name} {count}", exact=True)).to_be_visible()
        page.get_by_role("button", name="Clear photo").click()
        expect(keep).to_be_disabled()
    page.get_by_role("button", name="Use these shots").click()
    expect(page.get_by_text(re.compile("4 images of 2 classes"))).to_be_visible(timeout=COMPUTING)


def test_the_student_trains_on_a_skewed_sample_and_sees_whom_it_fails(visitor: Visitor) -> None:
    page = visitor.go("datasets")
    settle(page)
    expect(
        page.get_by_text(re.compile("The network that learned from the skewed sample recognises"))
    ).to_be_visible()
    page.get_by_role("button", name="Train 2 networks").click()
    expect(page).to_have_url(re.compile("race=experiment-"))
    table = page.locator("[class*=st-key-own_bias]")
    expect(table).to_be_visible(timeout=COMPUTING)
    settle(page)
    page.get_by_text("The numbers", exact=True).last.click()
    first = page.get_by_role("row", name=re.compile(r"Coat \(few images\)")).last
    expect(first).to_be_visible()
    lost = re.search(r"([+−-][\d.]+) points", first.inner_text())
    assert lost
    assert float(lost[1].replace("−", "-")) < -20


def test_an_image_is_searched_by_class_and_by_number_and_the_link_says_it(visitor: Visitor) -> None:
    page = visitor.go("datasets?dataset=fashion")
    settle(page)
    box = page.get_by_label("Search", exact=True)
    box.fill("boot")
    box.press("Enter")
    count = int((load("fashion").labels == 9).sum())
    expect(page.get_by_text(f"Found: {count:,} images (Ankle boot)")).to_be_visible()
    page.wait_for_url(re.compile("search=boot"))
    settle(page)
    box.fill("#120")
    box.press("Enter")
    expect(page.get_by_text("Found: 1 image")).to_be_visible()
    expect(page.get_by_text("nearest by their pixels")).to_be_visible(timeout=COMPUTING)
    # The address is told when the whole section is drawn.
    page.wait_for_url(re.compile("search=%23120"))
    page.reload()
    settle(page)
    expect(page.get_by_label("Search", exact=True)).to_have_value("#120")
    expect(page.get_by_text("Found: 1 image")).to_be_visible()


def test_records_of_videos_are_brought_and_classified(visitor: Visitor, tmp_path: Path) -> None:
    content = tfrecord(made_up(80))
    (tmp_path / "train00.tfrecord").write_bytes(content)
    (tmp_path / "train01.tfrecord").write_bytes(content[:-9])
    page = visitor.go("datasets?published=youtube8m&video_epochs=3")
    settle(page)
    files = page.locator("[class*=st-key-video_files] input[type=file]")
    files.set_input_files([tmp_path / "train00.tfrecord", tmp_path / "train01.tfrecord"])
    expect(page.get_by_text(re.compile(r"80 videos"))).to_be_visible(timeout=COMPUTING)
    expect(page.get_by_text("80 records were left out")).to_be_visible()
    settle(page)
    page.get_by_role("button", name="Train both classifiers").click()
    row = page.get_by_role("row", name=re.compile("Mixture of experts"))
    expect(row).to_be_visible(timeout=COMPUTING)
    hit, perr, gap = (float(cell.strip("%")) for cell in row.inner_text().split("\t")[-3:])
    assert min(hit, perr, gap) > 80
