"""What a computer can do: its parts, and how fast it convolves, multiplies matrices, classifies and trains.

A speed is counted in multiply-adds: one multiplication and the addition of its product. Data sheets count both
(floating point operations, FLOP), so

.. math:: \\text{GFLOP/s} = \\frac{2 \\cdot \\text{multiply-adds}}{10^9 \\cdot \\text{seconds}}
"""

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

import psutil
import torch
from torch import Tensor
from torch.nn import functional

from cnnviz.errors import CnnvizError
from cnnviz.models import ARCHITECTURES, PRESETS, build, summary
from cnnviz.settings import ASSETS
from cnnviz.subprocesses import python_environment
from cnnviz.words import say

FOLDER = ASSETS / "compute"
PACKAGES = ("torch", "torchvision", "streamlit")
SECONDS = 0.4
"""How long one piece of work is repeated."""
BUNCH_SECONDS = 0.01
"""So long is measured at a time: a clock cannot time what is over at once."""
_SHARE = "done "
Kind = Literal["product", "convolution", "forward", "training"]


@dataclass(frozen=True)
class Machine:
    """The parts of a computer that matter here.

    Attributes:
        packages: name -> version; ``None`` where it is not installed.
        cpu: its name as the system tells it.
        cores: those that this process may use.
        threads: that torch gives to one operation on the CPU in this process.
        memory: bytes, of the whole machine.
        gpu: its name; ``None`` where torch finds none.
        gpu_memory: bytes; ``None`` where the GPU uses the memory of the machine, or where there is none.
    """

    python: str
    packages: dict[str, str | None]
    cpu: str
    cores: int
    threads: int
    memory: int
    gpu: str | None
    gpu_memory: int | None


@dataclass(frozen=True)
class Measurement:
    """The time of one piece of work on one device.

    Attributes:
        title: the work in words, the same on every machine.
        device: ``"CPU"`` or ``"GPU"``.
        seconds: of one turn: one product, one convolution, one batch through a network, or one training step.
        images: in the batch; 0 for a product.
        multiply_adds: of one turn; of a training step those of its forward pass alone.
    """

    title: str
    kind: Kind
    device: str
    seconds: float
    images: int
    multiply_adds: int

    @property
    def gflops(self) -> float:
        """10⁹ floating point operations a second; a multiply-add is two of them."""
        return 2 * self.multiply_adds / self.seconds / 1e9

    @property
    def images_per_second(self) -> float:
        return self.images / self.seconds


@dataclass(frozen=True)
class Record:
    """Measurements that were made before.

    Attributes:
        machine: in general words.
        date: ISO, of the day.
        torch: version.
    """

    machine: str
    date: str
    torch: str
    measurements: tuple[Measurement, ...]


@dataclass(frozen=True)
class Work:
    """What is timed: ``prepare(device)`` returns one turn of it."""

    title: str
    kind: Kind
    images: int
    multiply_adds: int
    prepare: Callable[[torch.device], Callable[[], object]]


def machine() -> Machine:
    """What this process runs on, now."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    gpu = accelerator()
    cuda = torch.cuda.get_device_properties(gpu) if gpu is not None and gpu.type == "cuda" else None
    return Machine(
        platform.python_version(),
        {name: _version(name) for name in PACKAGES},
        _cpu_name(),
        usable,
        torch.get_num_threads(),
        psutil.virtual_memory().total,
        cuda.name if cuda else None if gpu is None else say("one that torch calls {type!r}", type=gpu.type),
        cuda.total_memory if cuda else None,
    )


@cache
def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


@cache
def _cpu_name() -> str:
    if sys.platform == "darwin":
        asked = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    table = Path("/proc/cpuinfo")
    lines = table.read_text(encoding="utf-8", errors="replace").splitlines() if table.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()


def accelerator() -> torch.device | None:
    """The GPU that torch computes on; ``None`` if there is none."""
    return torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None


def product(side: int) -> Work:
    """(side, side) times (side, side), float32."""

    def prepare(device: torch.device) -> Callable[[], object]:
        left, right = _random(device, 2, side, side)
        return lambda: left @ right

    return Work(say("matrix product {side}×{side}", side=side), "product", 0, side**3, prepare)


def convolution(
    title: str, images: int, shape: tuple[int, int, int], filters: int, kernel: int, groups: int = 1
) -> Work:
    """A convolution with stride 1 that keeps the size, float32.

    Args:
        title: what it is, such as the layer of a network.
        shape: (C, H, W) of one image.
        groups: as in ``torch.nn.functional.conv2d``; C for a depthwise convolution.
    """
    channels, height, width = shape
    count = images * filters * (channels // groups) * kernel**2 * height * width

    def prepare(device: torch.device) -> Callable[[], object]:
        batch = _random(device, images, *shape)
        weight = _random(device, filters, channels // groups, kernel, kernel)
        return lambda: functional.conv2d(batch, weight, padding=kernel // 2, groups=groups)

    return Work(title, "convolution", images, count, prepare)


def lenet5(images: int) -> Work:
    """A batch of (1, 28, 28) images through LeNet-5 in evaluation mode."""
    count = images * summary(PRESETS["lenet5"], (1, 28, 28), 10).multiply_adds

    def prepare(device: torch.device) -> Callable[[], object]:
        network = build(PRESETS["lenet5"], (1, 28, 28), 10).to(device).eval()
        batch = _random(device, images, 1, 28, 28)
        return lambda: network(batch)

    return Work(say("LeNet-5, {images} at a time", images=images), "forward", images, count, prepare)


def resnet18(images: int) -> Work:
    """A batch of (3, 224, 224) images through ResNet-18 in evaluation mode."""
    entry = ARCHITECTURES["resnet18"]

    def prepare(device: torch.device) -> Callable[[], object]:
        network = entry.build().to(device).eval()
        batch = _random(device, images, 3, 224, 224)
        return lambda: network(batch)

    count = images * entry.summary().multiply_adds
    return Work(say("ResNet-18, {images} at a time", images=images), "forward", images, count, prepare)


def training_step(images: int) -> Work:
    """One step of stochastic gradient descent of LeNet-5: forward, backward, update."""

    def prepare(device: torch.device) -> Callable[[], object]:
        network = build(PRESETS["lenet5"], (1, 28, 28), 10).to(device).train()
        optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
        batch, labels = _random(device, images, 1, 28, 28), torch.arange(images, device=device) % 10

        def step() -> None:
            optimizer.zero_grad()
            functional.cross_entropy(network(batch), labels).backward()
            optimizer.step()

        return step

    title, count = (
        say("LeNet-5, training step with {images} images", images=images),
        lenet5(images).multiply_adds,
    )
    return Work(title, "training", images, count, prepare)


def _random(device: torch.device, *shape: int) -> Tensor:
    """From a generator of its own: other threads draw from the shared one."""
    return torch.rand(shape, generator=torch.Generator().manual_seed(0)).to(device)


@cache
def works() -> tuple[Work, ...]:
    """All that is measured, in the order of the tables."""
    return (
        *(product(side) for side in (256, 512, 1024, 2048)),
        convolution(say("LeNet-5, first layer: 6 filters of 5×5×1"), 64, (1, 28, 28), 6, 5),
        convolution(say("64 filters of 3×3×64 on 56×56"), 4, (64, 56, 56), 64, 3),
        convolution(say("256 filters of 3×3×256 on 14×14"), 8, (256, 14, 14), 256, 3),
        convolution(say("256 filters of 1×1×256 on 14×14"), 8, (256, 14, 14), 256, 1),
        convolution(say("256 depthwise filters of 3×3 on 14×14"), 8, (256, 14, 14), 256, 3, groups=256),
        *(lenet5(images) for images in (1, 16, 256)),
        *(resnet18(images) for images in (1, 8)),
        *(training_step(images) for images in (16, 256)),
    )


def measure(
    progress: Callable[[float], object] = lambda _: None, seconds: float = SECONDS
) -> tuple[Measurement, ...]:
    """Times each piece of work on the CPU and, where there is one, on the GPU: about ten seconds a device.

    The fastest turn counts, as in Python's ``timeit``: other programs only make a turn slower. On a GPU all is
    computed with float32 and without TF32, which rounds the factors to 10 bits.

    Args:
        progress: told the share that is done, 0 to 1.
        seconds: how long each piece of work is repeated.
    """
    gpu = accelerator()
    devices = [("CPU", torch.device("cpu")), *([("GPU", gpu)] if gpu is not None else [])]
    turns = [(work, name, device) for name, device in devices for work in works()]
    found = []
    for number, (work, name, device) in enumerate(turns):
        progress(number / len(turns))
        took = _fastest(work, device, seconds)
        found.append(Measurement(work.title, work.kind, name, took, work.images, work.multiply_adds))
    progress(1.0)
    return tuple(found)


def measure_apart(progress: Callable[[float], object] = lambda _: None) -> tuple[Measurement, ...]:
    """As ``measure``, in a process of its own: torch takes as many threads as it does in a program of one's own,
    also where the server has limited them.

    Args:
        progress: as there; what it raises ends the process.

    Raises:
        CnnvizError: the process ended early.
    """
    command = [sys.executable, "-c", f"from {__name__} import main; main({SECONDS})"]
    last = ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=python_environment(), text=True) as process:
        try:
            for last in process.stdout or ():
                if last.startswith(_SHARE):
                    progress(float(last.removeprefix(_SHARE)))
        finally:
            process.kill()
    if not last.startswith("["):
        raise CnnvizError(
            "The measurement ended early, perhaps because there was not enough memory. Close other programs and try again."
        )
    return tuple(Measurement(**one) for one in json.loads(last))


def main(seconds: float) -> None:
    """Writes the shares that are done, a line each, and at last all measurements as JSON."""
    try:
        found = measure(lambda share: print(f"{_SHARE}{share}", flush=True), seconds)
        print(json.dumps([asdict(one) for one in found]), flush=True)
    except BrokenPipeError:
        # Whoever asked is gone: nobody hears what the end of this process would still say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fastest(work: Work, device: torch.device, seconds: float) -> float:
    """Seconds of one turn, after some that are not counted."""
    exact = torch.backends.cudnn.flags(allow_tf32=False) if device.type == "cuda" else nullcontext()
    with torch.inference_mode(work.kind != "training"), exact:
        turn = work.prepare(device)
        for _ in range(2):
            once = _timed(turn, 1, device)
        bunch = max(1, round(BUNCH_SECONDS / once))
        return min(_repeated(turn, bunch, device, seconds))


def _repeated(
    turn: Callable[[], object], bunch: int, device: torch.device, seconds: float
) -> Iterator[float]:
    """At least three times."""
    end, count = time.perf_counter() + seconds, 0
    while count < 3 or time.perf_counter() < end:
        yield _timed(turn, bunch, device)
        count += 1


def _timed(turn: Callable[[], object], times: int, device: torch.device) -> float:
    """Seconds of one turn. A GPU is given work and goes on alone: it has to be waited for."""
    began = time.perf_counter()
    for _ in range(times):
        turn()
    if device.type != "cpu":
        torch.accelerator.synchronize()
    return (time.perf_counter() - began) / times


def peak(measurements: Sequence[Measurement], device: str) -> float:
    """GFLOP/s of the fastest matrix product on a device: the peak that is reached here, not that of a data sheet.

    Raises:
        ValueError: no product was measured on it.
    """
    return max(one.gflops for one in measurements if one.kind == "product" and one.device == device)


def share_of_peak(one: Measurement, measurements: Sequence[Measurement]) -> float:
    """What part of the measured peak of its device some work reaches. It may be above 1: an algorithm such as
    Winograd's multiplies less than is counted.
    """
    return one.gflops / peak(measurements, one.device)


def bundled_record() -> Record:
    """What ``tools/measure_compute.py`` measured on two cores of a server."""
    return _read(FOLDER / "server_cpu.json")


@cache
def _read(path: Path) -> Record:
    about: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    found = tuple(Measurement(**one) for one in about["measurements"])
    return Record(about["machine"], about["date"], about["torch"], found)


def write_record(record: Record, path: Path) -> None:
    """As ``bundled_record`` reads it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(record), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def compute_code() -> str:
    """PyTorch lines that measure as the page does: ``rows`` has (work, multiply-adds of one turn, GFLOP/s, share
    of the peak) of each product and convolution, ``speeds`` the images a second of two networks.
    """
    return '''\
import platform
import time

import torch
from torch.nn import functional

from cnnviz.models import ARCHITECTURES, PRESETS, build

print(platform.python_version(), torch.__version__, torch.get_num_threads(), "threads")
device = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else torch.device("cpu")


def seconds(turn, repeats=7):
    """The fastest turn, after two that are not counted: other programs only make it slower."""
    times = []
    for _ in range(repeats + 2):
        began = time.perf_counter()
        turn()
        if device.type != "cpu":
            torch.accelerator.synchronize()  # a GPU goes on alone
        times.append(time.perf_counter() - began)
    return min(times[2:])


def product(side):
    left, right = torch.rand(2, side, side, device=device)
    return f"matrix product {side}×{side}", side**3, lambda: left @ right


def convolution(title, images, channels, side, filters, kernel, groups=1):
    batch = torch.rand(images, channels, side, side, device=device)
    weight = torch.rand(filters, channels // groups, kernel, kernel, device=device)
    count = images * filters * (channels // groups) * kernel**2 * side**2
    return title, count, lambda: functional.conv2d(batch, weight, padding=kernel // 2, groups=groups)


work = [
    *(product(side) for side in (256, 512, 1024, 2048)),
    convolution("LeNet-5, first layer: 6 filters of 5×5×1", 64, 1, 28, 6, 5),
    convolution("64 filters of 3×3×64 on 56×56", 4, 64, 56, 64, 3),
    convolution("256 filters of 3×3×256 on 14×14", 8, 256, 14, 256, 3),
    convolution("256 filters of 1×1×256 on 14×14", 8, 256, 14, 256, 1),
    convolution("256 depthwise filters of 3×3 on 14×14", 8, 256, 14, 256, 3, groups=256),
]
with torch.inference_mode():
    gflops = [2 * count / seconds(turn) / 1e9 for _, count, turn in work]
peak = max(gflops[:4])  # of the products
rows = [(title, count, speed, speed / peak) for (title, count, _), speed in zip(work, gflops)]
for title, count, speed, share in rows:
    print(f"{title}: {count:,} multiply-adds, {speed:.1f} GFLOP/s, {share:.0%} of the peak")

lenet5 = build(PRESETS["lenet5"], (1, 28, 28), 10).to(device).eval()
resnet18 = ARCHITECTURES["resnet18"].build().to(device).eval()
small, large = torch.rand(256, 1, 28, 28, device=device), torch.rand(8, 3, 224, 224, device=device)
with torch.inference_mode():
    speeds = {
        "LeNet-5, 256 at a time": 256 / seconds(lambda: lenet5(small)),
        "ResNet-18, 8 at a time": 8 / seconds(lambda: resnet18(large)),
    }
optimizer = torch.optim.SGD(lenet5.train().parameters(), lr=0.01)
labels = torch.arange(256, device=device) % 10


def step():
    optimizer.zero_grad()
    functional.cross_entropy(lenet5(small), labels).backward()
    optimizer.step()


speeds["LeNet-5, training step with 256 images"] = 256 / seconds(step)
for title, speed in speeds.items():
    print(f"{title}: {speed:,.0f} images a second")
'''
