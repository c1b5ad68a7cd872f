"""How long a network takes on this machine."""

import time
from collections import defaultdict
from statistics import median
from typing import Any

import torch
from torch import fx, nn

from cnnviz.inspection.runner import runner_of


def milliseconds(model: nn.Module, input_shape: tuple[int, int, int], turns: int = 15) -> float:
    """Median time of one image through the network, in milliseconds, in evaluation mode.

    Args:
        input_shape: (C, H, W).
        turns: measured after two that are not.
    """
    images, seconds = torch.zeros(1, *input_shape), []
    mode = model.training
    model.eval()
    try:
        with torch.inference_mode():
            for _ in range(turns + 2):
                began = time.perf_counter()
                model(images)
                seconds.append(time.perf_counter() - began)
    finally:
        model.train(mode)
    return 1000 * median(seconds[2:])


class _Clock(fx.Interpreter):
    """Runs a graph node by node and notes how long each takes."""

    def __init__(self, module: fx.GraphModule) -> None:
        super().__init__(module)
        self.seconds: defaultdict[str, list[float]] = defaultdict(list)

    def run_node(self, n: fx.Node) -> Any:
        began = time.perf_counter()
        result = super().run_node(n)
        self.seconds[n.name].append(time.perf_counter() - began)
        return result


def milliseconds_by_layer(
    model: nn.Module, input_shape: tuple[int, int, int], turns: int = 9
) -> dict[str, float]:
    """Layer -> median time of one image through it, in milliseconds, in the order of computation.

    The layers run one after the other as they are, each measured alone; the network is not changed. Their sum is a
    little more than ``milliseconds``, by what the watch itself takes.

    Args:
        input_shape: (C, H, W).
        turns: measured after two that are not.

    Raises:
        CnnvizError: the network's forward function depends on the values it computes.
    """
    runner = runner_of(model)
    whole, calls = runner.whole()
    clock = _Clock(whole)
    with torch.inference_mode():
        for _ in range(turns + 2):
            clock.run(torch.zeros(1, *input_shape))
    return {layer: 1000 * median(clock.seconds[node][2:]) for layer, node in calls.items()}
