"""What a student does on the page "Compute"."""

import re

import pytest
from playwright.sync_api import Page, expect

from cnnviz.inspection.compute import bundled_record, machine, peak
from tests.browser.conftest import COMPUTING, Visitor, settle

pytestmark = pytest.mark.browser


def peak_of(page: Page, name: str) -> float:
    """GFLOP/s of the fastest product, as the page's sentence about a machine says it."""
    sentence = page.get_by_text(re.compile(rf"^{name}, CPU: the fastest matrix product"))
    expect(sentence).to_be_visible(timeout=COMPUTING)
    found = re.search(r"reaches ([\d,]+) GFLOP/s", sentence.inner_text())
    assert found
    return float(found[1].replace(",", ""))


def test_the_bundled_result_is_shown_first_and_this_machine_beside_it(visitor: Visitor) -> None:
    page = visitor.go("compute")
    bundled = peak(bundled_record().measurements, "CPU")
    assert peak_of(page, "2 cores of a server") == round(bundled)
    expect(page.get_by_text(machine().python).first).to_be_visible()
    page.get_by_role("radio", name="this machine").click()
    assert peak_of(page, "this machine") > 0
    assert peak_of(page, "2 cores of a server") == round(bundled)
    settle(page)
    expect(page).to_have_url(re.compile("machine=here"))
    chart = page.get_by_role("figure", name=re.compile("this machine, CPU, matrix product 512×512: "))
    expect(chart).to_be_visible()
    page.get_by_text("As a table", exact=True).click()
    rows = page.get_by_role("row", name=re.compile("^this machine, CPU"))
    expect(rows).to_have_count(9)
    # What was measured is kept: the other view is there without measuring again.
    page.get_by_role("radio", name="whole networks").click()
    expect(page.get_by_text(re.compile("^this machine, CPU: LeNet-5 sees"))).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    expect(page.get_by_role("row", name=re.compile("^this machine, CPU"))).to_have_count(7)


def test_cells_for_colab_and_prices_with_their_sources(visitor: Visitor) -> None:
    page = visitor.go("compute?view=images")
    expect(page.get_by_text(re.compile("serve_kernel_port_as_iframe"))).to_be_visible()
    page.get_by_role("tab", name="What it costs").click()
    expect(page.get_by_text("$9.99 for 100 compute units", exact=False)).to_be_visible()
    links = page.get_by_role("table").get_by_role("link")
    expect(links.filter(has_text="Colab's plans")).to_have_attribute(
        "href", "https://colab.research.google.com/signup"
    )
    page.get_by_role("tab", name="A server").click()
    expect(page.get_by_text(re.compile("ssh -N -L"))).to_be_visible()
