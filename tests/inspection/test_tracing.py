"""Drawing a network's graph disturbs nobody: torch.fx replaces the call of every module, in every thread,
while it traces.
"""

import threading

import torch
from torch import Tensor, nn

from cnnviz.inspection.tracing import traced as trace_layers


class Scaled(nn.Module):
    """Reads a parameter of its own outside of its layers, and calls blocks inside blocks."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(1))
        self.blocks = nn.Sequential(
            *(nn.Sequential(nn.Conv2d(2, 2, 3, padding=1), nn.ReLU()) for _ in range(6))
        )

    def forward(self, images: Tensor) -> Tensor:
        return (self.blocks(images) * self.gain).mean((2, 3))


def test_other_threads_compute_while_one_traces() -> None:
    traced, other = Scaled().eval(), nn.Sequential(nn.Linear(4, 4), nn.ReLU(), Scaled().blocks[0][0])
    images, rows = torch.rand(1, 2, 6, 6), torch.rand(1, 2, 4, 4)
    expected = traced(images), other(rows)
    done = threading.Event()
    wrong: list[object] = []

    def compute() -> None:
        while not done.is_set():
            try:
                answers = traced(images), other(rows)
                if not all(
                    isinstance(a, Tensor) and torch.equal(a, b)
                    for a, b in zip(answers, expected, strict=True)
                ):
                    wrong.append(answers)
            except Exception as error:  # whatever it is, the student would see it
                wrong.append(error)

    threads = [threading.Thread(target=compute) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(60):
            _, graph = trace_layers(traced)
            assert [name for name in graph.calls if name.startswith("blocks")] == [
                f"blocks.{i}.{k}" for i in range(6) for k in (0, 1)
            ]
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert not wrong, wrong[0]
