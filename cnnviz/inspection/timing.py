"""How long a network takes on this machine."""

import time
from statistics import median

import torch
from torch import nn


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
