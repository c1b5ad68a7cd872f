"""Figures of trainings: what is drawn are the numbers."""

import pytest

from cnnviz.figures.outcomes import parallel_settings

ROWS = [
    {"learning rate": 0.1, "optimizer": "sgd", "accuracy": 0.95},
    {"learning rate": 0.001, "optimizer": "adam", "accuracy": 0.90},
    {"learning rate": 0.01, "optimizer": "sgd", "accuracy": 0.94},
]


def test_each_training_is_a_line_through_its_settings_to_its_accuracy() -> None:
    figure = parallel_settings(ROWS, "accuracy")
    lines = [trace for trace in figure.data if len(trace.x) == 3]
    # Rates are equally spaced, words stand in the order in which they came, accuracies on a true scale.
    assert [list(line.y) for line in lines] == [
        pytest.approx([1.0, 0.0, 1.0]),
        pytest.approx([0.0, 1.0, 0.0]),
        pytest.approx([0.5, 0.0, 0.8]),
    ]
    assert list(figure.layout.xaxis.ticktext) == ["learning rate", "optimizer", "accuracy"]
    written = {(note.x, note.y): note.text for note in figure.layout.annotations}
    assert written[0, 0.0] == "0.001"
    assert written[0, 1.0] == "0.1"
    assert written[1, 0.0] == "sgd"
    assert written[1, 1.0] == "adam"
    assert written[2, 0.0] == "90.0%"
    assert written[2, 1.0] == "95.0%"
    assert lines[1].text[0] == "learning rate: 0.001<br>optimizer: adam<br>accuracy: 90.0%"


def test_the_best_and_the_worst_have_the_ends_of_the_scale() -> None:
    figure = parallel_settings(ROWS, "accuracy")
    lines = [trace for trace in figure.data if len(trace.x) == 3]
    scale = figure.data[-1].marker.colorscale
    for line, (_, end) in ((lines[0], scale[-1]), (lines[1], scale[0])):
        red, green, blue = (int(end[at : at + 2], 16) for at in (1, 3, 5))
        assert line.line.color == f"rgb({red},{green},{blue})"


def test_one_training_and_equal_ones_are_drawn() -> None:
    for rows in (ROWS[:1], [ROWS[0], ROWS[0]]):
        lines = [trace for trace in parallel_settings(rows, "accuracy").data if len(trace.x) == 3]
        assert len(lines) == len(rows)
        assert all(0 <= place <= 1 for line in lines for place in line.y)


def test_it_needs_no_code_made_while_it_runs() -> None:
    """The policy of the server forbids ``eval``, which Plotly's WebGL traces (parcoords, splom, scattergl) call."""
    assert {trace.type for trace in parallel_settings(ROWS, "accuracy").data} == {"scatter"}
