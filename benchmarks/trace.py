"""A trace of 28×28 with 5×5: against a plain Python loop that makes the same steps, and against torch's
convolution alone.
"""

import time
from collections.abc import Callable

import torch
from torch.nn import functional

from cnnviz.ops.convolution import trace


def loop(image: list[list[float]], kernel: list[list[float]]) -> list[dict[str, object]]:
    side = len(kernel)
    steps = []
    for row in range(len(image) - side + 1):
        for col in range(len(image[0]) - side + 1):
            window = [[image[row + m][col + n] for n in range(side)] for m in range(side)]
            products = [[window[m][n] * kernel[m][n] for n in range(side)] for m in range(side)]
            steps.append(
                {
                    "row": row,
                    "col": col,
                    "window": window,
                    "products": products,
                    "value": sum(map(sum, products)),
                }
            )
    return steps


def tensor_loop(image: torch.Tensor, kernel: torch.Tensor) -> list[dict[str, object]]:
    """The loop that one writes over tensors, which gives the same tensors as the trace does."""
    side = len(kernel)
    steps: list[dict[str, object]] = []
    for row in range(len(image) - side + 1):
        for col in range(len(image[0]) - side + 1):
            window = torch.stack(
                [torch.stack([image[row + m, col + n] for n in range(side)]) for m in range(side)]
            )
            products = window * kernel
            steps.append(
                {
                    "row": row,
                    "col": col,
                    "window": window,
                    "products": products,
                    "value": products.sum().item(),
                }
            )
    return steps


def best(function: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        function()
        times.append(time.perf_counter() - started)
    return sorted(times)[len(times) // 2]


def main() -> None:
    torch.set_num_threads(1)
    image, kernel = torch.randn(28, 28), torch.randn(5, 5)
    table, weights = image.tolist(), kernel.tolist()
    assert torch.allclose(
        trace(image, kernel).output.flatten(),
        torch.tensor([step["value"] for step in loop(table, weights)]),
        atol=1e-4,
    )
    ours = best(lambda: trace(image, kernel), 300)
    plain, tensors = best(lambda: loop(table, weights), 50), best(lambda: tensor_loop(image, kernel), 3)
    alone = best(lambda: functional.conv2d(image[None, None], kernel[None, None]), 300)
    walked = best(lambda: list(trace(image, kernel).steps), 50)
    print(
        f"trace {ours * 1e6:.0f} µs; loop over tensor pixels {tensors * 1e3:.0f} ms: {tensors / ours:.0f} times faster (goal: 100)"
    )
    print(
        f"loop over Python lists {plain * 1e3:.2f} ms: {plain / ours:.0f} times faster; all 576 steps made as objects: {walked * 1e3:.2f} ms"
    )
    print(
        f"torch's convolution alone {alone * 1e6:.0f} µs: the trace takes {ours / alone:.1f} times as long, and has all {576 * 25:,} products"
    )


if __name__ == "__main__":
    main()
