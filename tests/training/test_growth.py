from dataclasses import replace
from pathlib import Path

import pytest

from cnnviz.training import Metric, TrainingSpec
from cnnviz.training.folder import RunFolder
from cnnviz.training.growth import growth


def metric(step: int, seconds: float | None = None) -> Metric:
    return Metric(
        step,
        step / 10,
        128 * step,
        seconds or step / 7,
        1 / (step + 1),
        None,
        None,
        0.5,
        0.1,
        {"conv1": 0.3},
        [[1, 0], [0, 1]],
    )


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path / "run", TrainingSpec(), "")


def test_each_look_gives_only_the_new_records_and_together_they_are_all(folder: RunFolder) -> None:
    mark, seen = "", []
    for step in range(7):
        found = growth(folder, mark)
        assert found.whole == (step <= 1)
        assert len(found.metrics) == (0 if step == 0 else 1)
        seen += found.metrics
        mark = found.mark
        folder.add_metric(metric(step))
    seen += growth(folder, mark).metrics
    assert seen == folder.metrics() == list(growth(folder).metrics)
    assert growth(folder, growth(folder).mark).metrics == ()


def test_a_half_written_line_is_left_for_the_next_look(folder: RunFolder) -> None:
    folder.add_metric(metric(0))
    path = folder.path / "metrics.jsonl"
    whole = path.read_text()
    with path.open("a") as file:
        file.write(whole[:40])
    found = growth(folder)
    assert [record.step for record in found.metrics] == [0]
    with path.open("a") as file:
        file.write(whole[40:])
    assert [record.step for record in growth(folder, found.mark).metrics] == [0]


@pytest.mark.parametrize("kept", [-1, 0, 3, 5])
def test_a_run_that_writes_its_steps_again_is_given_whole(folder: RunFolder, kept: int) -> None:
    for step in range(6):
        folder.add_metric(metric(step))
    mark = growth(folder).mark
    folder.forget_after(kept)
    for step in range(kept + 1, 9):
        folder.add_metric(replace(metric(step, step / 7 + 0.01)))
    found = growth(folder, mark)
    assert found.whole == (kept < 5)
    assert [record.step for record in found.metrics] == list(range(0 if kept < 5 else 6, 9))


@pytest.mark.parametrize(
    "mark", ["x", "1.2.3", "999999999.5.abc", "-1.1.a", "5.9.a", "1" * 500, "3.0.", "..", "²5.1.a"]
)
def test_a_mark_that_is_none_gives_everything(folder: RunFolder, mark: str) -> None:
    folder.add_metric(metric(0))
    found = growth(folder, mark)
    assert found.whole
    assert found.metrics == (metric(0),)


def test_the_newest_record_is_known_where_none_is_new(folder: RunFolder) -> None:
    assert growth(folder).last is None
    folder.add_metric(metric(0))
    folder.add_metric(metric(1))
    found = growth(folder)
    assert found.last == growth(folder, found.mark).last == metric(1)
