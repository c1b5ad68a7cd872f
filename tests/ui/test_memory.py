"""What is kept for all sessions: never another one's result, computed once, of its true size, within one budget."""

import gc
import threading
import weakref
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from plotly.graph_objects import Figure, Scatter
from torch import nn

from cnnviz.ui import charts, housekeeping, memory
from cnnviz.ui.memory import digest, keep, kept_bytes, recall, remember, size_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _empty_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_results", type(memory._results)())
    monkeypatch.setattr(memory, "_sizes", {})
    monkeypatch.setattr(memory, "_total", 0)


def bars_of_the_microscope() -> str:
    return "microscope"


def bars_of_saliency() -> str:
    return "saliency"


def test_two_functions_never_share_a_result_whatever_their_keys_are() -> None:
    """The microscope and the saliency page once drew different figures under one key: whoever came second saw the other's."""
    key = ("bars", ("example", 624), "image")
    assert remember(key, bars_of_the_microscope) == "microscope"
    assert remember(key, bars_of_saliency) == "saliency"
    assert remember(key, lambda: "a") == "a"
    assert remember(key, lambda: "b") == "b"
    assert remember(key, partial(bars_of_saliency)) == "saliency"


def test_a_function_made_anew_at_each_run_of_a_page_finds_its_result() -> None:
    made = []

    def run_of_the_page() -> int:
        return remember("key", lambda: made.append(1) or len(made))

    assert [run_of_the_page() for _ in range(3)] == [1, 1, 1]


def test_two_charts_with_one_key_are_two_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = []
    monkeypatch.setattr(charts.st, "plotly_chart", lambda figure, **_: shown.append(figure))
    charts.chart("bars", "", "state", lambda: Figure(Scatter(y=[1])))
    charts.chart("bars", "", "state", lambda: Figure(Scatter(y=[2])))
    assert [figure.data[0].y for figure in shown] == [(1,), (2,)]


def test_however_many_ask_at_once_it_is_computed_once() -> None:
    calls, go = [], threading.Event()

    def slow() -> int:
        calls.append(1)
        go.wait(10)
        return 7

    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(remember("slow", slow))) for _ in range(8)]
    for thread in threads:
        thread.start()
    go.set()
    for thread in threads:
        thread.join(10)
    assert found == [7] * 8
    assert len(calls) == 1


def test_where_the_first_one_fails_the_next_one_computes_it() -> None:
    begun, go, turns = threading.Event(), threading.Event(), []

    def first_fails() -> str:
        turns.append(1)
        if len(turns) == 1:
            begun.set()
            go.wait(10)
            raise ValueError("stopped")
        return "done"

    failed: list[BaseException] = []

    def ask() -> None:
        try:
            remember("fails", first_fails)
        except ValueError as error:
            failed.append(error)

    one = threading.Thread(target=ask)
    one.start()
    assert begun.wait(10)
    found: list[str] = []
    other = threading.Thread(target=lambda: found.append(remember("fails", first_fails)))
    other.start()
    go.set()
    one.join(10)
    other.join(10)
    assert len(failed) == 1
    assert found == ["done"]


@pytest.mark.parametrize(
    ("result", "least"),
    [
        (torch.zeros(1000, 1000), 4_000_000),
        (torch.zeros(1000, 1000)[:2, :2], 4_000_000),
        (np.zeros((1000, 1000))[::100], 8_000_000),
        ([torch.zeros(250_000)] * 8, 1_000_000),
        ({"a": torch.zeros(1000)}, 4_000),
        (nn.Linear(1000, 1000), 8_000_000),
        (Image.new("RGB", (100, 100)), 30_000),
        (["x" * 1000 for _ in range(100)], 100_000),
        (tuple(float(i) for i in range(1000)), 30_000),
    ],
)
def test_sizes_are_true(result: object, least: int) -> None:
    assert least <= size_of(result) <= least * 1.3 + 200_000


def test_a_figure_counts_with_its_numbers() -> None:
    """All figures once counted as 100 bytes."""
    drawn = charts._draw(lambda: Figure(Scatter(y=[i / 7 for i in range(10_000)])))
    assert size_of(drawn) > 400_000


def test_one_budget_and_those_not_asked_for_longest_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_CACHE_BYTES", "1000000")
    for index in range(3):
        keep(index, torch.zeros(100_000))
        assert kept_bytes() <= 1_000_000
        recall(0, None)
    assert recall(0, None) is not None
    assert recall(1, None) is None
    assert recall(2, None) is not None


def test_a_result_larger_than_the_budget_is_still_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_CACHE_BYTES", "10")
    assert len(remember("large", torch.zeros, 1000)) == 1000


def test_what_was_frozen_is_let_go_at_the_next_thaw() -> None:
    """``gc.freeze`` at each page's first run once kept every network alive that lived at that moment."""

    class Network(nn.Linear):
        pass

    network = Network(2, 2)
    network.myself = [network]
    gone = weakref.ref(network)
    gc.collect()
    gc.freeze()
    del network
    gc.collect()
    assert gone() is not None
    housekeeping.thaw()
    assert gone() is None


def test_nothing_but_the_thaw_freezes() -> None:
    sources = [*(ROOT / "cnnviz").rglob("*.py"), *(ROOT / "pages").rglob("*.py"), ROOT / "explorer_app.py"]
    assert [path.name for path in sources if "gc.freeze()" in path.read_text(encoding="utf-8")] == ["housekeeping.py"]


def test_a_digest_is_of_shape_values_and_type() -> None:
    values = torch.arange(6.0)
    assert digest(values) == digest(values.clone())
    assert len({digest(values), digest(values.view(2, 3)), digest(values.double()), digest(values + 1)}) == 4
