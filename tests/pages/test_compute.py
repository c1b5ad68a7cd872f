"""The page of what a computer can do against the functions behind it."""

import re
from dataclasses import replace

import pytest
import torch

from cnnviz.inspection import compute
from cnnviz.inspection.compute import bundled_record, machine, share_of_peak
from tests.pages.conftest import Open, at_rest, until, words

PAGE = "pages/start/compute.py"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each piece of work three times, and no longer."""
    monkeypatch.setattr(compute, "SECONDS", 0.0)


def test_the_bundled_result_is_there_at_once(open_page: Open) -> None:
    said = words(open_page(PAGE))
    found = bundled_record().measurements
    for one in found:
        if one.kind in ("product", "convolution"):
            assert f"| {one.title} | {one.multiply_adds:,} |" in said
            assert f"| {share_of_peak(one, found):.0%} |" in said
    best = max(one.gflops for one in found if one.kind == "product")
    assert f"reaches **{best:,.0f} GFLOP/s**" in said


def test_the_machine_is_described(open_page: Open) -> None:
    said, about = words(open_page(PAGE)), machine()
    for word in (about.python, torch.__version__, about.cpu, f"{about.memory / 2**30:.1f} GiB"):
        assert word in said
    assert ("Without a GPU all pages work" in said) == (about.gpu is None)


def test_networks_in_images_a_second(open_page: Open) -> None:
    said = words(open_page(PAGE, view="images"))
    speeds = {one.title: one.images_per_second for one in bundled_record().measurements}
    assert f"LeNet-5 sees **{speeds['LeNet-5, 256 at a time']:,.0f}** images a second" in said
    assert f"ResNet-18 sees **{speeds['ResNet-18, 8 at a time']:,.0f}**" in said


@pytest.mark.usefixtures("quick")
def test_this_machine_stands_beside_the_bundled_one(open_page: Open) -> None:
    for view in ("arithmetic", "images"):
        app = until(open_page(PAGE, machine="here", view=view, turn="98"), at_rest)
        assert not app.exception
        assert not app.error
        said = words(app)
        assert "**this machine, CPU**" in said
        assert "**2 cores of a server, CPU**" in said
        assert len(re.findall(r"^\| this machine, CPU \|", said, re.MULTILINE)) == (
            9 if view == "arithmetic" else 7
        )


def test_prices_name_their_date_and_their_source(open_page: Open) -> None:
    said = words(open_page(PAGE))
    assert "$9.99 for 100 compute units" in said
    assert "September 2022" in said
    assert "https://colab.research.google.com/signup" in said
    assert any("serve_kernel_port_as_iframe" in code.value for code in open_page(PAGE).code)


def test_a_gpu_stands_in_the_same_table(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    cpu = bundled_record().measurements
    gpu = tuple(replace(one, device="GPU", seconds=one.seconds / 8) for one in cpu)
    monkeypatch.setattr("cnnviz.ui.compute.measure_apart", lambda _progress: (*cpu, *gpu))
    said = words(until(open_page(PAGE, machine="here", view="images", turn="97"), at_rest))
    for device in ("this machine, CPU", "this machine, GPU", "2 cores of a server, CPU"):
        assert len(re.findall(rf"^\| {device} \|", said, re.MULTILINE)) == 7
        assert f"**{device}**: LeNet-5 sees" in said
