"""Where the numbers of a graph stand: no cell covers another, and lines end at cells."""

from itertools import combinations

import pytest
import torch

from cnnviz.learning import expression_steps, graph, network_steps
from cnnviz.ui.chain_layout import CELL, expression_layout, network_layout
from cnnviz.ui.messages import ChainLayout

HEIGHT = 3.0
"""Of a cell with all its three numbers, in rem."""


def check(layout: ChainLayout, count: int) -> None:
    places = [tuple(place) for grid in layout.cells.values() for place in grid]
    assert len(places) == count
    for (x, y), (other_x, other_y) in combinations(places, 2):
        assert abs(x - other_x) >= CELL or abs(y - other_y) >= HEIGHT, (x, y, other_x, other_y)
    for x, y in places:
        assert 0 <= x <= layout.width - CELL
        assert 0 <= y <= layout.height - 2
    lefts, rights = {round(x, 6) for x, _ in places}, {round(x + CELL, 6) for x, _ in places}
    for x1, _, x2, _ in layout.lines:
        assert round(x1, 6) in rights
        assert round(x2, 6) in lefts


def test_a_network() -> None:
    trace = network_steps()
    check(network_layout(trace), sum(grid.values.numel() for grid in trace.grids.values()))


@pytest.mark.parametrize(
    "text", ["x", "x + y", "x * x * x + x", "sigmoid(w * x + y) * (x - z) ^ 2", "max(x, y, z) + 2 * w"]
)
def test_an_expression(text: str) -> None:
    found = graph(text, x=1, y=2, z=3, w=4)
    trace = expression_steps(found)
    layout = expression_layout(trace, found)
    check(layout, len(found.tape.nodes))
    assert layout.labels[str(found.result)] == [trace.grids[str(found.result)].title]
    assert torch.isfinite(torch.tensor([place for grid in layout.cells.values() for place in grid])).all()
