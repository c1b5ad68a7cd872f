"""Forty visitors who wander over all pages, six minutes long; then all but one leave.

Each follows a link to a state or to another page, or moves a control, every 1 to 4 seconds, by Streamlit's
own websocket protocol. Printed are the medians and 95th percentiles of each minute, the ratio of the last
minute to the first, and the server's memory beside that of one visitor who has seen all pages.

``python -m benchmarks.wander [visitors] [minutes]``
"""

import asyncio
import random
import sys
import time
from dataclasses import dataclass, field

import psutil

from benchmarks._app import percentile, serving
from benchmarks._visitor import Session
from cnnviz.settings import settings

VISITORS, MINUTES = 40, 6
GONE_SECONDS = 60
OTHER_PAGE = 0.35
"""How often the next state is one of another page."""
MOVES = 0.5
"""How often a state of the same page comes from moving a control, and not from a link."""


def _numbers(first: int, last: int, step: int = 1) -> list[str]:
    return [str(number) for number in range(first, last + 1, step)]


DIGITS = {"number": _numbers(0, 200)}
STEPS = {"step": ["0", "1", "3", "10", "24", "55", "95", "164", "325", "624"]}
STATES: dict[str, dict[str, list[str]]] = {
    "image_as_numbers": {
        "image": ["photo"],
        "photo": ["chelsea", "coffee", "astronaut"],
        "top": _numbers(0, 200, 20),
        "values": ["bytes", "scaled"],
    },
    "convolution": {
        "size": _numbers(1, 5),
        "padding": _numbers(0, 3),
        "stride": _numbers(1, 3),
        "flip": ["true", "false"],
    },
    "kernels": {
        "kernel": ["sobel_x", "gaussian", "gabor", "sharpen"],
        "photo": ["chelsea", "brick", "coffee"],
        "kernel_side": ["3", "5", "7"],
    },
    "convolutional_layer": {
        "kind": ["plain", "strided", "depthwise", "dilated"],
        "filter": _numbers(0, 2),
        "depth": _numbers(1, 8),
    },
    "activations": {"function": ["relu", "tanh", "gelu"], "layers": _numbers(5, 50, 5), **DIGITS},
    "pooling": {"mode": ["max", "average", "l2"], "window": ["2", "3"], "reach": _numbers(2, 10), **DIGITS},
    "dropout": {
        "p": ["0.2", "0.5", "0.8"],
        "step_number": _numbers(1, 60),
        "draws": ["100", "300", "1000"],
        "clear": _numbers(0, 100),
    },
    "fully_connected": {
        "place": _numbers(0, 3000, 100),
        "temperature": ["0.5", "1.0", "3.0"],
        "class": _numbers(0, 9),
        **DIGITS,
    },
    "training_lab": {"dataset": ["mnist", "fashion"], "network": ["fast", "tiny", "lenet5"], **STEPS},
    "feature_maps": {"layer": ["conv1", "relu2"], "map": _numbers(0, 7), **DIGITS, **STEPS},
    "filters": {"layer": ["conv1", "conv2"], "filter": _numbers(0, 7), **STEPS},
    "ablation": {"layer": ["relu1", "relu2"], "channels": _numbers(0, 7), **DIGITS},
    "embedding": {"layer": ["relu2", "fc1"], "by": ["class", "prediction"], **STEPS},
    "mistakes": {"true": _numbers(0, 9), "predicted": _numbers(0, 9), "view": ["cell", "surest"], **STEPS},
    "playground": {"seeds": _numbers(1, 3)},
    "backpropagation": {
        "preset": ["lecture", "digit"],
        "pooling": ["max", "average"],
        "target": _numbers(0, 9),
        "rate": ["0.01", "0.1", "1.0"],
    },
    "gradient_descent": {"rules": ["sgd", "momentum,adam"], "steps": _numbers(10, 100, 10)},
    "training_tricks": {
        "trick": ["initialisation", "flip", "noise", "batch_size"],
        "curve": ["accuracy", "loss"],
    },
    "builder": {"preset": ["tiny", "fast", "lenet5"], "epochs": _numbers(1, 5)},
    "runs": {"differs": ["learning_rate", "batch_size", "optimizer", "loss"], "seeds": _numbers(1, 3)},
    "time_machine": {**DIGITS, **STEPS},
    "datasets": {
        "dataset": ["mnist", "fashion", "patches"],
        "view": ["grid", "means", "extremes"],
        "split": ["train", "test"],
    },
    "retrieval": {"metric": ["cosine", "euclidean"], "count": ["8", "12", "24"], **DIGITS},
    "faces": {"threshold": ["0.1", "0.3", "0.5"], "portrait": _numbers(0, 9), "seed": _numbers(0, 3)},
    "detection": {
        "scene": _numbers(0, 199),
        "look": ["found", "nms", "anchors", "roi"],
        "threshold": ["0.1", "0.3", "0.6"],
    },
    "labels": {"scene": _numbers(0, 196), "threshold": ["0.1", "0.5", "0.9"], "picture": _numbers(0, 196)},
    "segmentation": {"scene": _numbers(0, 196), "look": ["masks", "class", "errors", "ups"]},
    "sliding_window": {"picture": _numbers(0, 19), "way": ["windows", "once"]},
    "saliency": {
        "methods": ["grad_cam,gradient", "integrated_gradients", "guided_backprop,occlusion"],
        **DIGITS,
    },
    "architectures": {
        "architecture": ["lenet5", "alexnet", "googlenet", "resnet50", "densenet121"],
        "beside": ["none", "googlenet", "vgg16"],
        "view": ["drawing", "volumes"],
    },
    "depth": {"dataset": ["mnist", "fashion"]},
    "ideas": {"idea": ["residual", "norm", "dense", "octave", "head"], "curve": ["loss", "accuracy"]},
    "composition": {"photo": ["chelsea", "coffee", "astronaut"], "filters": _numbers(2, 4)},
    "classify": {"photo": ["chelsea", "coffee", "brick"], "beside": ["none", "trained_mini_vgg_fashion"]},
    "compute": {"turn": _numbers(0, 3)},
    "lectures": {"slide": _numbers(1, 20)},
    "questions": {"seed": _numbers(0, 500), "chapter": ["seeing", "learning", "inside"]},
    "pipeline": {"target": ["predicted", *_numbers(0, 9)], **DIGITS, **STEPS},
}


@dataclass
class Notes:
    """What was seen: (second, seconds it took) of each answer, what was asked for, and what stood on a page
    as a fault of the program.
    """

    answers: list[tuple[float, float]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def minute(self, number: int) -> list[float]:
        return [took for at, took in self.answers if number * 60 <= at < (number + 1) * 60]

    def slowest(self, count: int = 12) -> list[str]:
        """What took longest, longest first."""
        ordered = sorted(zip(self.answers, self.asked, strict=True), key=lambda one: -one[0][1])
        return [f"{took:.1f} s at {at:.0f} s: {asked}" for (at, took), asked in ordered[:count]]


async def wander(address: str, seed: int, end: float, started: float, notes: Notes) -> Session:
    draw = random.Random(seed)
    visitor = await Session.arrive(address)
    page, state = "", dict[str, str]()
    await asyncio.sleep(draw.uniform(0, 3))
    while time.monotonic() < end:
        asked = time.monotonic()
        controls = list(visitor.controls.values())
        if not page or draw.random() < OTHER_PAGE:
            page, state = draw.choice(list(STATES)), {}
            what, took = page, await visitor.open(page)
        elif controls and draw.random() < MOVES:
            control = draw.choice(controls)
            took = await visitor.move(control, draw.randrange(2))
            what = f"{page}?{visitor.query}, {control.label}"
        else:
            name = draw.choice(list(STATES[page]))
            state = {**state, name: draw.choice(STATES[page][name])}
            took = await visitor.open(page, state)
            what = f"{page}?{visitor.query}"
        notes.asked.append(what)
        notes.answers.append((asked - started, took.seconds))
        notes.faults += visitor.faults
        await asyncio.sleep(draw.uniform(1, 4))
    return visitor


async def measure(visitors: int, minutes: int) -> None:
    with serving() as (address, number):
        process = psutil.Process(number)

        def megabytes() -> float:
            return process.memory_info().rss / 1e6

        single = await Session.arrive(address)
        for _ in range(2):
            for page in ("", *STATES):
                await single.open(page)
        await asyncio.sleep(5)
        alone = megabytes()
        print(f"one visitor who has seen all pages: {alone:.0f} MB", flush=True)
        notes, started, busy = Notes(), time.monotonic(), process.cpu_times()
        end = started + 60 * minutes
        crowd = asyncio.gather(*(wander(address, seed, end, started, notes) for seed in range(visitors)))
        for minute in range(minutes):
            await asyncio.sleep(max(0.0, started + 60 * (minute + 1) - time.monotonic()))
            now, took = process.cpu_times(), notes.minute(minute)
            used = (now.user + now.system - busy.user - busy.system) / max(1, len(took))
            busy = now
            print(
                f"minute {minute + 1}: {len(took)} answers, p50 {percentile(took, 0.5):.2f} s, p95 {percentile(took, 0.95):.2f} s, "
                f"{used * 1000:.0f} ms of processor each, {megabytes():.0f} MB",
                flush=True,
            )
        full = megabytes()
        for visitor in await crowd:
            await visitor.leave()
        left = time.monotonic()
        while time.monotonic() - left < GONE_SECONDS:
            await asyncio.sleep(5)
            await single.open("convolution", {"size": "3"})
        after = megabytes()
        print("slowest:", *notes.slowest(), sep="\n  ")
        first, last = notes.minute(0), notes.minute(minutes - 1)
        middle = percentile(last, 0.5)
        print(
            f"last minute p50 {middle:.2f} s (goal 0.3), {middle / percentile(first, 0.5):.2f} times the first (goal 1.2), "
            f"p95 {percentile(last, 0.95):.2f} s (goal 1); faults: {len(notes.faults)} {notes.faults[:2]}"
        )
        budget = settings().cache_bytes / 1e6
        print(
            f"memory: one visitor {alone:.0f} MB, {visitors} visitors {full:.0f} MB, {GONE_SECONDS} s after they left {after:.0f} MB: "
            f"{after / alone:.2f} times; without the cache's budget of {budget:.0f} MB {(after - budget) / alone:.2f} times (goal 1.15)"
        )


def main() -> None:
    given = [int(word) for word in sys.argv[1:] if word.isdecimal()]
    visitors, minutes = (*given, *(VISITORS, MINUTES)[len(given) :])
    asyncio.run(measure(visitors, minutes))


if __name__ == "__main__":
    main()
