"""All layers' maps of one image against a bare forward pass: ResNet-18 at 224 pixels, and lenet5 on a digit.

In a process that keeps freed memory, as the app's server does.
"""

import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from benchmarks._app import percentile
from cnnviz.features import feature_maps
from cnnviz.models import build
from cnnviz.process_memory import keep_freed_memory
from cnnviz.vision import torchvision

GOAL = 1.15


def side_by_side(
    first: Callable[[], object], second: Callable[[], object], turns: int, each: int
) -> tuple[float, float]:
    """Median seconds of both, in alternating blocks of ``each`` calls."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(turns):
        for call, seconds in zip((first, second), times, strict=True):
            started = time.perf_counter()
            for _ in range(each):
                call()
            seconds.append((time.perf_counter() - started) / each)
    return percentile(times[0], 0.5), percentile(times[1], 0.5)


def compare(name: str, model: nn.Module, image: Tensor, turns: int, each: int) -> None:
    batch = image.unsqueeze(0)

    def bare() -> None:
        with torch.inference_mode():
            model(batch)

    bare_seconds, maps_seconds = side_by_side(bare, lambda: feature_maps(model, image), turns, each)
    print(
        f"{name}: forward {bare_seconds * 1000:.2f} ms, all {len(feature_maps(model, image))} layers' maps {maps_seconds * 1000:.2f} ms: "
        f"{maps_seconds / bare_seconds:.2f} times (goal: {GOAL})"
    )


def main() -> None:
    keep_freed_memory()
    compare("ResNet-18 at 224 px", torchvision().models.resnet18().eval(), torch.rand(3, 224, 224), 40, 2)
    compare("lenet5 at 28 px", build("lenet5", (1, 28, 28), 10).eval(), torch.rand(1, 28, 28), 60, 50)


if __name__ == "__main__":
    main()
