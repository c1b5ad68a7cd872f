"""What a student does on the pages on networks in the wild."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Visitor, settle

COMPUTING = 60_000


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
    menu = page.get_by_role("combobox", name=re.compile("Beside it"))
    menu.click()
    page.get_by_role("option", name="GoogLeNet (2014)").click()
    expect(page.get_by_text("AlexNet has 9.22 times as many parameters")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^inception3a: "))).to_be_visible()
    expect(page).to_have_url(re.compile("beside=googlenet"))
    page.get_by_role("radio", name="Volumes").click()
    expect(page.get_by_role("figure", name=re.compile("GoogLeNet as boxes in space"))).to_be_visible()
    expect(page.get_by_role("figure", name=re.compile("AlexNet as boxes in space"))).to_be_visible()


def test_a_smaller_image_changes_the_shapes_in_the_drawing(visitor: Visitor) -> None:
    page = visitor.go("architectures")
    expect(page.get_by_role("button", name=re.compile("^conv1: conv 5×5, 6; output 6×28×28"))).to_be_visible()
    box = page.get_by_label("Image side in pixels")
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
