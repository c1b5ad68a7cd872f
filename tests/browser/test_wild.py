"""What a student does on the pages on networks in the wild."""

import re
import shutil
from pathlib import Path

from playwright.sync_api import expect

from cnnviz.settings import ASSETS
from tests.browser.conftest import COMPUTING, Visitor, settle


def test_a_network_is_unfolded_by_keys_and_a_layer_shows_what_it_makes_of_a_photograph(
    visitor: Visitor,
) -> None:
    page = visitor.go("architectures?architecture=efficientnet_lite0")
    expect(page.get_by_text("4,652,008").first).to_be_visible()
    block = page.get_by_role("button", name=re.compile(r"^block2: 9 layers"))
    block.focus()
    page.keyboard.press("Enter")
    layer = page.get_by_role("button", name=re.compile(r"^block2\.conv2: conv 3×3, 96"))
    expect(layer).to_be_visible()
    layer.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"layer=block2\.conv2"))
    expect(page.get_by_text("block2.conv2 with published weights, for photograph: Chelsea")).to_be_visible(
        timeout=COMPUTING
    )
    expect(page.get_by_role("img", name=re.compile("96 maps of block2.conv2")).first).to_be_visible()


def test_two_networks_stand_side_by_side(visitor: Visitor) -> None:
    page = visitor.go("architectures?architecture=alexnet")
    # All by keyboard: the menu opens when one types.
    menu = page.get_by_role("combobox", name=re.compile("Beside it"))
    menu.focus()
    page.keyboard.type("GoogLe")
    expect(page.get_by_role("option", name="GoogLeNet (2014)")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_text("AlexNet has 9.22 times as many parameters")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^inception3a: "))).to_be_visible()
    expect(page).to_have_url(re.compile("beside=googlenet"))
    page.get_by_role("radio", name="Volumes").click()
    expect(page.get_by_role("figure", name=re.compile("GoogLeNet as boxes in space"))).to_be_visible()
    expect(page.get_by_role("figure", name=re.compile("AlexNet as boxes in space"))).to_be_visible()


def test_a_smaller_image_changes_the_shapes_in_the_drawing(visitor: Visitor) -> None:
    page = visitor.go("architectures")
    expect(page.get_by_role("button", name=re.compile("^conv1: conv 5×5, 6; output 6×28×28"))).to_be_visible()
    box = page.get_by_label("Image side in pixels", exact=True)
    box.fill("20")
    box.press("Enter")
    expect(page.get_by_role("button", name=re.compile("^conv1: conv 5×5, 6; output 6×20×20"))).to_be_visible()


def test_the_small_form_opens_in_the_microscope(visitor: Visitor) -> None:
    page = visitor.go("architectures?architecture=vgg16&side=32")
    page.get_by_role("link", name=re.compile("Its small form, trained on Clothes")).click()
    expect(page.get_by_role("heading", name="Feature maps")).to_be_visible()
    settle(page)
    expect(page.get_by_role("button", name=re.compile(r"maps of stage1\.conv1")).first).to_be_visible(
        timeout=COMPUTING
    )


def test_accuracy_against_measured_time(visitor: Visitor) -> None:
    page = visitor.go("depth")
    expect(page.get_by_role("figure", name=re.compile("2012 AlexNet: 16.4 %"))).to_be_visible()
    page.get_by_role("radio", name="measured here").click()
    expect(page).to_have_url(re.compile("work=measured"))
    chart = page.get_by_role(
        "figure", name=re.compile(r"LeNet-5 \(1998\): 83\.6 % at [\d.]+ ms for one image")
    )
    expect(chart).to_be_visible(timeout=COMPUTING)


def test_an_idea_shows_its_result_at_once_and_can_be_trained(visitor: Visitor) -> None:
    page = visitor.go("ideas")
    expect(page.get_by_text("What to expect.")).to_be_visible()
    loss = page.get_by_role("figure", name=re.compile(r"Training loss at the end: plain, 8 layers [\d.]+"))
    expect(loss).to_be_visible()
    expect(
        page.get_by_role("figure", name=re.compile("Norm of the gradient in the first step"))
    ).to_be_visible()
    page.get_by_role("combobox", name=re.compile("Idea")).click()
    page.get_by_role("option", name="Three 3×3 against one 7×7").click()
    expect(page).to_have_url(re.compile("idea=small_filters"))
    curves = page.get_by_role(
        "figure", name=re.compile(r"Accuracy on the test images at the end: one 7×7 0\.7")
    )
    expect(curves).to_be_visible()
    epochs = page.get_by_label("Epochs", exact=True)
    epochs.fill("1")
    epochs.press("Enter")
    page.get_by_role("button", name="Train 2 networks").click()
    expect(page).to_have_url(re.compile("race=experiment-"))
    # Once in the bundled result's table, and once in that of one's own, which comes when the runs have ended.
    expect(page.get_by_role("cell", name="7,354")).to_have_count(2, timeout=COMPUTING)


def test_composition_shows_each_stage_of_a_photograph(visitor: Visitor) -> None:
    page = visitor.go("composition")
    page.get_by_role("link", name=re.compile("The espresso")).click()
    expect(page).to_have_url(re.compile("photo=coffee"))
    expect(page.get_by_role("heading", name="Stage 5: head_relu")).to_be_visible(timeout=COMPUTING)
    expect(page.get_by_role("img", name=re.compile("The image, and on it what one unit"))).to_be_visible()
    made = page.locator(".frame").filter(has=page.get_by_alt_text(re.compile("images made for them")))
    expect(made).to_have_count(5, timeout=COMPUTING)
    page.get_by_role("link", name="Its strongest filter in the microscope").last.click()
    expect(page.get_by_role("heading", name="Feature maps")).to_be_visible()
    expect(page).to_have_url(re.compile("layer=head_relu"))


def test_two_networks_classify_one_s_own_photo(visitor: Visitor, tmp_path: Path) -> None:
    shutil.copy(ASSETS / "images" / "coffee.png", tmp_path / "my cup.png")
    page = visitor.go("classify?beside=trained_mini_vgg_fashion&image=upload")
    expect(page.get_by_text("Until you give one, you see another image.")).to_be_visible()
    page.locator("input[type=file]").set_input_files(tmp_path / "my cup.png")
    expect(
        page.get_by_text(re.compile(r"EfficientNet-Lite0 \(bundled\) says espresso \(9\d\.\d%\)"))
    ).to_be_visible()
    expect(page.get_by_text(re.compile(r"Small VGG on Clothes \(Fashion-MNIST\) says "))).to_be_visible()
    expect(page.get_by_alt_text(re.compile("Grad-CAM, class espresso"))).to_be_visible()
    expect(
        page.get_by_role("figure", name=re.compile(r"Time of each layer: normalise [\d.]+ ms"))
    ).to_have_count(2, timeout=COMPUTING)


def test_a_card_of_the_way_leads_to_its_operation(visitor: Visitor) -> None:
    page = visitor.go("pipeline?number=3")
    expect(page.get_by_text("class 0:")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("Output of conv2; map"))).to_be_visible()
    cards = page.get_by_test_id("stMain").get_by_role("link", name="Convolution", exact=True)
    expect(cards).to_have_count(2)
    cards.last.click()
    expect(page.get_by_role("heading", name="Convolution", exact=True)).to_be_visible()
    # The second convolution: 3×3, padding 1.
    expect(page).to_have_url(re.compile(r"convolution\?.*padding=1"))
    expect(page.get_by_label("Padding", exact=True)).to_have_value("1")
