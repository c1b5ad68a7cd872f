"""What is folded: the code of a page, and tables."""

from playwright.sync_api import expect

from tests.browser.conftest import Visitor, settle


def test_the_code_is_shown_when_it_is_unfolded_and_follows_the_page(visitor: Visitor) -> None:
    page = visitor.go("pooling")
    address = page.url
    code = page.get_by_test_id("stCode")
    assert not code.count()
    page.get_by_text("Show the code", exact=True).click()
    expect(code.first).to_contain_text("import torch")
    expect(code.first).to_contain_text("max_pool2d")
    settle(page)
    assert page.url == address
    page.get_by_label("Window", exact=True).fill("3")
    page.get_by_label("Window", exact=True).press("Enter")
    expect(code.first).to_contain_text("(3, 3)")
    page.get_by_text("Show the code", exact=True).click()
    expect(code).to_have_count(0)
    settle(page)


def test_a_table_is_shown_when_it_is_unfolded(visitor: Visitor) -> None:
    page = visitor.go("depth")
    assert not page.locator("table", has_text="AlexNet").count()
    page.get_by_text("As a table, with sources", exact=True).click()
    expect(page.locator("table", has_text="AlexNet").first).to_be_visible()
    settle(page)
