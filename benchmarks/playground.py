"""Epochs a second of the playground's engine, in Chromium while all pictures are drawn and in Node without, beside loops that do the
same in torch, NumPy and scikit-learn.

The network is 8-8-8, tanh, on the spiral's 500 points, 250 of them to train on in batches of ten.
"""

import json
import shutil
import subprocess
import time
import warnings
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch
from playwright.sync_api import Page

from benchmarks._app import ROOT, browsing, serving
from cnnviz.learning import Experiment2D, from_link
from cnnviz.learning.twin import Network, inputs_of

LINK = "dataset=spiral&networkShape=8,8,8&seed=0.12345"
SECONDS = 6.0
GOAL = 2300
NODE = """
import {{ Engine }} from "{engine}";
const engine = new Engine({experiment}, []);
for (let warm = 0; warm < 500; warm++) engine.epoch();
const began = performance.now();
let epochs = 0;
while (performance.now() - began < {milliseconds}) {{ engine.epoch(); epochs++; }}
console.log(epochs / ((performance.now() - began) / 1000));
"""


def in_node(experiment: Experiment2D) -> float | None:
    """Epochs a second of the bare engine; ``None`` where Node is not installed."""
    node = shutil.which("node")
    if node is None:
        return None
    script = NODE.format(
        engine=(ROOT / "assets" / "components" / "lib" / "engine.js").as_uri(),
        experiment=experiment.json(),
        milliseconds=SECONDS * 1000,
    )
    done = subprocess.run(
        [node, "--input-type=module", "-e", script], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def in_chromium(page: Page, address: str) -> tuple[float, float]:
    """Epochs and pictures a second on the page."""
    page.goto(f"{address}/playground?{LINK}")
    root = page.locator(".root:has([data-part=play])")
    root.locator("[data-number=test-loss]").wait_for()
    root.locator("[data-part=speed]").select_option(label="as fast as it can")
    root.locator("[data-part=play]").click()
    page.wait_for_timeout(2000)

    def now() -> tuple[float, int, int]:
        seen = root.evaluate(
            "(root) => [performance.now(), Number(root.querySelector('[data-part=clock]').dataset.epoch), Number(root.dataset.pictures)]"
        )
        return seen[0] / 1000, seen[1], seen[2]

    before = now()
    page.wait_for_timeout(SECONDS * 1000)
    after = now()
    root.locator("[data-part=play]").click()
    seconds = after[0] - before[0]
    return (after[1] - before[1]) / seconds, (after[2] - before[2]) / seconds


def rate(epoch: Callable[[], None]) -> float:
    """Epochs a second of a loop."""
    epoch()
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < SECONDS:
        epoch()
        count += 1
    return count / (time.perf_counter() - began)


def torch_loop(experiment: Experiment2D) -> Callable[[], None]:
    """The usual loop: nn.Sequential, SGD, batches of ten."""
    data = experiment.data
    x = inputs_of(experiment, data.train).float()
    y = torch.tensor([[point.label] for point in data.train])
    sizes = [2, *(layer.units for layer in experiment.layers), 1]
    parts: list[torch.nn.Module] = []
    for inputs, units in pairwise(sizes):
        parts += [torch.nn.Linear(inputs, units), torch.nn.Tanh()]
    network = torch.nn.Sequential(*parts)
    optimizer = torch.optim.SGD(network.parameters(), lr=experiment.learning_rate)

    def epoch() -> None:
        for at in range(0, len(x), experiment.batch_size):
            optimizer.zero_grad()
            loss = 0.5 * (network(x[at : at + 10]) - y[at : at + 10]).square().mean()
            loss.backward()
            optimizer.step()

    return epoch


def numpy_loop(experiment: Experiment2D) -> Callable[[], None]:
    """Forward and backward by hand, batches of ten as matrices."""
    data, random = experiment.stream()
    x = inputs_of(experiment, data.train).numpy()
    y = np.array([[point.label] for point in data.train])
    layers = [
        (layer.weight.numpy().T.copy(), layer.bias.numpy().copy())
        for layer in Network(experiment, random).layers
    ]

    def epoch() -> None:
        for at in range(0, len(x), experiment.batch_size):
            values = [x[at : at + 10]]
            for weight, bias in layers:
                values.append(np.tanh(values[-1] @ weight + bias))
            delta = (values[-1] - y[at : at + 10]) * (1 - values[-1] ** 2) / len(values[0])
            for place in range(len(layers) - 1, -1, -1):
                weight, bias = layers[place]
                gradient, shift = values[place].T @ delta, delta.sum(0)
                delta = (delta @ weight.T) * (1 - values[place] ** 2)
                weight -= experiment.learning_rate * gradient
                bias -= experiment.learning_rate * shift

    return epoch


def scikit_loop(experiment: Experiment2D) -> Callable[[], None]:
    """MLPClassifier, an epoch a call."""
    from sklearn.neural_network import MLPClassifier

    data = experiment.data
    x = inputs_of(experiment, data.train).numpy()
    y = np.array([point.label > 0 for point in data.train])
    model = MLPClassifier((8, 8, 8), activation="tanh", solver="sgd", batch_size=10, momentum=0)

    def epoch() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.partial_fit(x, y, classes=[False, True])

    return epoch


def main() -> None:
    experiment = from_link(LINK)
    torch.set_num_threads(1)
    print(json.dumps({"link": LINK, "training points": len(experiment.data.train)}))
    with browsing() as page, serving() as (address, _):
        found, pictures = in_chromium(page, address)
    loops = {
        "a torch loop": rate(torch_loop(experiment)),
        "scikit-learn": rate(scikit_loop(experiment)),
        "NumPy": rate(numpy_loop(experiment)),
    }
    bare = in_node(experiment)
    print(
        f"Chromium, all pictures drawn: {found:,.0f} epochs/s (goal: {GOAL:,}), {pictures:.1f} pictures/s (goal: 20)"
    )
    print("Node, the same engine: " + ("not installed" if bare is None else f"{bare:,.0f} epochs/s"))
    for name, speed in loops.items():
        print(f"{name}: {speed:,.0f} epochs/s, the page is {found / speed:.1f} times as fast")


if __name__ == "__main__":
    main()
