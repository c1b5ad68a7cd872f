"""A larger picture as one convolution against window by window, at the same places, in turns."""

import statistics
import time

import torch

from cnnviz.data import compose, load
from cnnviz.models import Network
from cnnviz.tasks import scan, scan_at_once, stride_of
from cnnviz.training import open_run

TURNS = 7


def main() -> None:
    torch.set_num_threads(1)
    run = open_run("example")
    network: Network = run.network(run.steps[-1])
    picture = compose(load("mnist", "test"), 1, side=98, most=6, scale=(1.0, 1.0)).floats([0])[0]
    stride, ratios, count = stride_of(network), [], 0
    for turn in range(TURNS + 1):
        started = time.perf_counter()
        count = scan(network, picture, (28, 28), stride).probabilities[0].numel()
        between = time.perf_counter()
        scan_at_once(network, picture)
        if turn:
            ratios.append((between - started) / (time.perf_counter() - between))
    print(
        f"{count} windows of 28×28: as one convolution {statistics.median(ratios):.1f} times as fast as window by window "
        f"({min(ratios):.1f} to {max(ratios):.1f})"
    )


if __name__ == "__main__":
    main()
