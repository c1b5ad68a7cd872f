"""What is kept for all sessions: never another one's result, computed once, of its true size, within one
budget.
"""

import copy
import gc
import json
import threading
import time
import tracemalloc
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from plotly import io
from plotly.graph_objects import Figure, Scatter
from torch import nn

from cnnviz.settings import settings
from cnnviz.ui import charts, housekeeping, memory
from cnnviz.ui.memory import content, digest, keep, kept_bytes, recall, remember, size_of
from tests.properties import examples

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _empty_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_kept", type(memory._kept)())
    monkeypatch.setattr(memory, "_total", 0)


def bars_of_the_microscope(*_: object) -> str:
    return "microscope"


def bars_of_saliency(*_: object) -> str:
    return "saliency"


def test_two_functions_never_share_a_result_whatever_their_arguments_are() -> None:
    """The microscope and the saliency page once drew different figures under one key: whoever came second saw
    the other's.
    """
    state = ("bars", ("example", 624), "image")
    assert remember(bars_of_the_microscope, state) == "microscope"
    assert remember(bars_of_saliency, state) == "saliency"
    assert remember(max, 1, 2) == 2
    assert remember(min, 1, 2) == 1


def count(calls: "Calls", *_: object, **__: object) -> int:
    calls.number += 1
    return calls.number


class Calls:
    """Counts the calls of ``count``; always the same content."""

    def __init__(self) -> None:
        self.number = 0

    def cache_key(self) -> int:
        return id(self)


def test_a_function_made_anew_at_each_run_of_a_page_finds_its_result() -> None:
    source, calls = (
        compile(
            "def of_the_page(calls):\n    calls.number += 1\n    return calls.number", "pages/one.py", "exec"
        ),
        Calls(),
    )

    def run_of_the_page() -> int:
        names: dict[str, Any] = {}
        exec(source, names)
        return int(remember(names["of_the_page"], calls))

    assert [run_of_the_page() for _ in range(3)] == [1, 1, 1]


def test_what_depends_on_more_than_its_arguments_is_refused() -> None:
    outside = 3

    def inner() -> int:
        return outside

    for function in (inner, lambda: 4, partial(bars_of_saliency), Calls().cache_key, nn.Linear(2, 2)):
        with pytest.raises(TypeError, match="depends on more than its arguments"):
            remember(function)
    for value in (object(), np.array([object()]), iter(())):
        with pytest.raises(
            TypeError, match=r"has no content that can be compared\. Give its class a method cache_key"
        ):
            remember(bars_of_saliency, value)


@dataclass(frozen=True, eq=False)
class Pair:
    name: str
    values: torch.Tensor


@dataclass(frozen=True, eq=False)
class OtherPair:
    name: str
    values: torch.Tensor


def painted(colour: int) -> Image.Image:
    picture = Image.new("P", (2, 2), 0)
    picture.putpalette([colour] * 3)
    return picture


def with_default(value: int) -> Callable[[], int]:
    def one(given: int = value) -> int:
        return given

    return one


SAME: list[tuple[Callable[[], object], Callable[[], object]]] = [
    (lambda: torch.arange(6.0), lambda: torch.arange(6.0).clone()),
    (lambda: torch.ones(3, dtype=torch.bfloat16), lambda: torch.ones(3, dtype=torch.bfloat16)),
    (lambda: torch.tensor(True), lambda: torch.tensor(True)),
    (lambda: Pair("a", torch.ones(2)), lambda: Pair("a", torch.ones(2))),
    (lambda: {"a": [torch.zeros(1), None]}, lambda: {"a": [torch.zeros(1), None]}),
    (lambda: np.arange(4).reshape(2, 2), lambda: np.arange(4).reshape(2, 2)),
    (lambda: Image.new("L", (2, 2), 7), lambda: Image.new("L", (2, 2), 7)),
    (lambda: float("nan"), lambda: float("nan")),
    (lambda: {1, 2, 3}, lambda: {3, 2, 1}),
    (lambda: (range(3), slice(0, 4), Path("a"), max), lambda: (range(3), slice(0, 4), Path("a"), max)),
]
DIFFERENT: list[tuple[object, object]] = [
    (1, 1.0),
    (1, True),
    (0, False),
    (0.0, -0.0),
    ("1", 1),
    ((1, 2), [1, 2]),
    ((1, 2), ((1, 2),)),
    ({"a": 1}, {"a": 2}),
    ({"a": 1}, (("a", 1),)),
    (torch.zeros(2, 3), torch.zeros(3, 2)),
    (torch.zeros(2), torch.zeros(2, dtype=torch.float64)),
    (torch.zeros(2), np.zeros(2, dtype=np.float32)),
    (Pair("a", torch.ones(2)), Pair("b", torch.ones(2))),
    (Pair("a", torch.ones(2)), OtherPair("a", torch.ones(2))),
    (Image.new("L", (2, 2), 7), Image.new("L", (2, 2), 8)),
    (painted(0), painted(9)),
    (with_default(1), with_default(2)),
    (None, "None"),
    ((), []),
    (max, min),
]


@pytest.mark.parametrize(("first", "second"), SAME)
def test_the_same_content_is_computed_once(first: Callable[[], object], second: Callable[[], object]) -> None:
    calls = Calls()
    assert [remember(count, calls, one()) for one in (first, second, first)] == [1, 1, 1]
    assert [remember(count, calls, given=one()) for one in (first, second)] == [2, 2]


@pytest.mark.parametrize(("first", "second"), DIFFERENT)
def test_another_content_is_computed_anew(first: object, second: object) -> None:
    calls = Calls()
    assert [remember(count, calls, one) for one in (first, second, first)] == [1, 2, 1]


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.sampled_from([0.0, -0.0, 1.0, 2.5])
    | st.sampled_from(["", "a", "1"]),
    lambda inner: (
        st.tuples(inner)
        | st.tuples(inner, inner)
        | st.tuples(inner, inner).map(list)
        | inner.map(lambda value: {"a": value})
    ),
    max_leaves=6,
)


@examples(200)
@given(values, values)
def test_keys_are_equal_for_equal_values_alone(first: object, second: object) -> None:
    written = [json.dumps([one, str(type(one)), repr(one)]) for one in (first, second)]
    assert (content(first) == content(second)) == (written[0] == written[1])
    assert content(first) == content(copy.deepcopy(first))


def test_a_tensor_that_was_written_into_is_another_one() -> None:
    calls, image = Calls(), torch.zeros(4)
    assert remember(count, calls, image) == 1
    image[0] = 1
    assert remember(count, calls, image) == 2
    assert remember(count, calls, image.view(2, 2)) == 3
    image.data = torch.zeros(4)
    assert remember(count, calls, image) == 1


def small_network(inputs: int) -> nn.Module:
    return nn.Sequential(nn.Linear(inputs, 2)).eval()


def slowly(calls: "Calls") -> int:
    begun = time.thread_time()
    while time.thread_time() < begun + 0.05:
        pass
    return count(calls)


def test_a_network_is_another_one_after_a_step_of_training() -> None:
    calls, network = Calls(), nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    assert [remember(count, calls, network) for _ in range(2)] == [1, 1]
    optimizer = torch.optim.SGD(network.parameters(), 0.1)
    network(torch.rand(4, 3)).sum().backward()
    optimizer.step()
    assert [remember(count, calls, network) for _ in range(2)] == [2, 2]
    with torch.no_grad():
        network[1].running_mean.add_(1)
    assert remember(count, calls, network) == 3
    network.eval()
    assert remember(count, calls, network) == 4
    network[0].weight = nn.Parameter(torch.zeros(2, 3))
    assert remember(count, calls, network) == 5
    network.append(nn.ReLU())
    assert remember(count, calls, network) == 6
    assert remember(count, calls, nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))) == 7


def test_who_calls_for_progress_makes_no_difference() -> None:
    calls = Calls()
    assert remember(count, calls, progress=print) == 1
    assert remember(count, calls) == 1


def bars(height: float) -> Figure:
    return Figure(Scatter(y=[height]))


def test_two_charts_with_one_key_are_two_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = []
    monkeypatch.setattr(charts.st, "plotly_chart", lambda figure, **_: shown.append(figure))
    for height in (1, 2, 1):
        charts.chart("bars", "", bars, height)
    assert [list(figure.to_dict()["data"][0]["y"]) for figure in shown] == [[1], [2], [1]]
    assert shown[0] is shown[2]
    assert shown[0].to_dict() is shown[0].to_dict()
    # As Plotly writes it, with Streamlit's template.
    assert io.to_json(shown[0].to_dict(), validate=False) == io.to_json(
        Figure(Scatter(y=[1]), layout_template="streamlit").to_dict(), validate=False
    )


class Door(Calls):
    """What a function waits for."""

    def __init__(self, opened: threading.Event) -> None:
        self.opened = opened

    def cache_key(self) -> int:
        return id(self.opened)


def slow(calls: Calls, door: Door) -> int:
    calls.number += 1
    door.opened.wait(10)
    return 7


def test_however_many_ask_at_once_it_is_computed_once() -> None:
    calls, go = Calls(), threading.Event()
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(remember(slow, calls, Door(go)))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    go.set()
    for thread in threads:
        thread.join(10)
    assert found == [7] * 8
    assert calls.number == 1


def first_fails(calls: Calls, door: Door, begun: Door) -> str:
    calls.number += 1
    if calls.number == 1:
        begun.opened.set()
        door.opened.wait(10)
        raise ValueError("stopped")
    return "done"


def test_where_the_first_one_fails_the_next_one_computes_it() -> None:
    begun, go, calls = threading.Event(), threading.Event(), Calls()
    failed: list[BaseException] = []

    def ask() -> None:
        try:
            remember(first_fails, calls, Door(go), Door(begun))
        except ValueError as error:
            failed.append(error)

    one = threading.Thread(target=ask)
    one.start()
    assert begun.wait(10)
    found: list[str] = []
    other = threading.Thread(target=lambda: found.append(remember(first_fails, calls, Door(go), Door(begun))))
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


def many_points() -> Figure:
    return Figure(Scatter(y=[i / 7 for i in range(10_000)]))


def test_a_figure_counts_with_its_numbers() -> None:
    """All figures once counted as 100 bytes."""
    drawn = charts._draw(many_points)
    assert size_of(drawn) > 300_000


def test_one_budget_and_those_not_asked_for_longest_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_CACHE_BYTES", "1000000")
    for index in range(3):
        keep(index, torch.zeros(100_000))
        assert kept_bytes() <= 1_000_000
        recall(0, None)
    assert recall(0, None) is not None
    assert recall(1, None) is None
    assert recall(2, None) is not None


def test_of_the_older_half_what_is_made_again_soonest_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_CACHE_BYTES", "2000000")
    for index, seconds in enumerate((5.0, 0.01, 5.0, 0.02)):
        keep(index, torch.zeros(100_000), seconds)
    keep(4, torch.zeros(100_000), 0.0)
    assert [recall(index, None) is not None for index in range(5)] == [True, False, True, True, True]
    # What was asked for just now stays, however soon it is made again.
    keep(5, torch.zeros(100_000), 5.0)
    assert recall(4, None) is not None
    assert kept_bytes() <= 2_000_000


def test_what_takes_long_stays_where_large_results_come_and_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_CACHE_BYTES", "4000000")
    calls = Calls()
    assert remember(slowly, calls) == 1
    for number in range(50):
        remember(torch.zeros, 200_000 + number)
    assert remember(slowly, calls) == 1


class Named:
    """Counts how often its name is hashed: once more for each time that it is looked up."""

    hashed = 0

    def __init__(self, number: int) -> None:
        self.number = number

    def cache_key(self) -> "Named":
        return self

    def __hash__(self) -> int:
        Named.hashed += 1
        return self.number


def number_of(named: Named) -> int:
    return named.number


def test_room_is_made_at_one_go_however_many_results_have_to_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, each result that went was searched for among all, and all names were hashed for it: with many small
    results one large one kept everybody waiting for seconds.
    """
    for number in range(2000):
        remember(number_of, Named(number))
    monkeypatch.setenv("CNNVIZ_CACHE_BYTES", str(kept_bytes()))
    Named.hashed = 0
    remember(torch.zeros, kept_bytes() // 8)
    assert kept_bytes() < settings().cache_bytes
    assert Named.hashed <= 2000, "each name is hashed once when it is made, and never again"


def test_small_results_count_with_what_names_them() -> None:
    tracemalloc.start()
    for number in range(1000):
        remember(number_of, Named(number))
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept_bytes() == pytest.approx(taken, rel=0.5)


def test_a_network_made_anew_is_the_same_to_what_was_computed_with_it() -> None:
    calls = Calls()
    assert remember(count, calls, remember(small_network, 3)) == 1
    first = remember(small_network, 3)
    key = memory.key_of(small_network, (3,), {})
    memory._forget(key)
    again = remember(small_network, 3)
    assert again is not first
    assert remember(count, calls, again) == 1
    assert remember(count, calls, remember(small_network, 4)) == 2
    # Somebody changes it after all.
    with torch.no_grad():
        again[0].weight.add_(1)
    assert remember(count, calls, again) == 3
    assert remember(count, calls, first) == 1


def test_a_result_larger_than_the_budget_is_still_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_CACHE_BYTES", "10")
    assert len(remember(torch.zeros, 1000)) == 1000


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
    assert [path.name for path in sources if "gc.freeze()" in path.read_text(encoding="utf-8")] == [
        "housekeeping.py"
    ]


def test_a_digest_is_of_shape_values_and_type() -> None:
    values = torch.arange(6.0)
    assert digest(values) == digest(values.clone())
    assert len({digest(values), digest(values.view(2, 3)), digest(values.double()), digest(values + 1)}) == 4
