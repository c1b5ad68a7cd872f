"""A lecture hall on this machine: 100 and 300 students by Streamlit's websocket protocol, `make serve` against one process.

Each thinks about ten seconds, then moves a control or follows a link of the page that the lecture is at. Every 30 seconds all
are moved to the next page at once, as by a lecturer whom they follow. Two trainings run all the time. Printed are the median and
95th percentile of a click, those of being moved, what failed, memory, and how much of a processor the students themselves took.

``python -m benchmarks.hall [--minutes 3] [--students 100 300] [--processes 2]``
"""

import argparse
import asyncio
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import websockets

from benchmarks._app import percentile, serving
from benchmarks._visitor import Answer, Session
from benchmarks.wander import STATES
from tools.serve import Plan, free_port, running

THINK_SECONDS = 10.0
FOLLOW_SECONDS = 30.0
GOAL_SECONDS = 1.0
GIVEN_UP_SECONDS = 60.0
LECTURE = (
    "convolution",
    "pooling",
    "activations",
    "convolutional_layer",
    "feature_maps",
    "dropout",
    "training_lab",
    "fully_connected",
)
"""The pages that the lecturer goes through."""


@dataclass
class Notes:
    """Seconds of each answer, and what failed."""

    clicks: list[float] = field(default_factory=list)
    moved: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


class Lecturer:
    """Where the lecture is: all students look at it."""

    def __init__(self, seed: int = 0) -> None:
        self.draw = random.Random(seed)
        self.count = 0
        self.page, self.state = LECTURE[0], dict[str, str]()
        self._next = asyncio.Event()

    def move_all(self) -> None:
        self.count += 1
        self.page = LECTURE[self.count % len(LECTURE)]
        name = self.draw.choice(list(STATES[self.page]))
        self.state = {name: self.draw.choice(STATES[self.page][name])}
        before, self._next = self._next, asyncio.Event()
        before.set()

    async def wait(self, seconds: float) -> bool:
        """Whether all were moved within these seconds."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._next.wait(), seconds)
            return True
        return False


async def study(
    address: str, seed: int, arrival: float, begin: float, end: float, lecturer: Lecturer, notes: Notes
) -> None:
    """One student, from arriving to the end. What happens before ``begin`` is not counted."""
    draw = random.Random(seed)
    await asyncio.sleep(arrival)
    visitor: Session | None = None
    count = -1
    while time.monotonic() < end:
        try:
            if visitor is None:
                visitor, count = await Session.arrive(address), -1
            moved = count != lecturer.count or await lecturer.wait(draw.uniform(0.5, 1.5) * THINK_SECONDS)
            if time.monotonic() >= end:
                break
            asked = time.monotonic()
            if moved:
                count = lecturer.count
                await asyncio.wait_for(visitor.open(lecturer.page, lecturer.state), GIVEN_UP_SECONDS)
            else:
                await asyncio.wait_for(_click(visitor, draw), GIVEN_UP_SECONDS)
            if asked >= begin:
                (notes.moved if moved else notes.clicks).append(time.monotonic() - asked)
                notes.faults += visitor.faults
        except (OSError, TimeoutError, websockets.WebSocketException) as error:
            notes.faults.append(f"{type(error).__name__} {error}"[:120])
            if visitor is not None:
                with suppress(Exception):
                    await visitor.leave()
            visitor = None
            await asyncio.sleep(1)
    if visitor is not None:
        with suppress(OSError, websockets.WebSocketException):
            await visitor.leave()


async def _click(visitor: Session, draw: random.Random) -> Answer:
    controls = list(visitor.controls.values())
    if controls and draw.random() < 0.7:
        return await visitor.move(draw.choice(controls), draw.randrange(2))
    states = STATES[visitor.page]
    name = draw.choice(list(states))
    return await visitor.open(visitor.page, {name: draw.choice(states[name])})


@dataclass(frozen=True)
class Measured:
    """What one way of serving came to with some students."""

    how: str
    students: int
    notes: Notes
    megabytes: float
    seconds: float
    server_cores: float
    own_cores: float

    def report(self) -> str:
        clicks, moved = self.notes.clicks, self.notes.moved
        asked = len(clicks) + len(moved)
        return (
            f"{self.how}, {self.students} students: a click p50 {percentile(clicks, 0.5):.2f} s, p95 {percentile(clicks, 0.95):.2f} s "
            f"({len(clicks)} clicks); moved all at once p50 {percentile(moved, 0.5):.2f} s, p95 {percentile(moved, 0.95):.2f} s ({len(moved)}); "
            f"{asked / self.seconds:.1f} answers a second; errors {len(self.notes.faults)} {sorted(set(self.notes.faults))[:2]}; memory {self.megabytes:.0f} MB; "
            f"the web processes took {self.server_cores:.2f} cores, the students themselves {self.own_cores:.2f}"
        )


async def attend(
    how: str, address: str, students: int, seconds: float, servers: list[psutil.Process]
) -> Measured:
    """All students in one lecture."""
    lecturer, notes = Lecturer(), Notes()
    # They do not come through the door at one moment.
    settling = max(15.0, students * 0.15)
    begin = time.monotonic() + settling
    end = begin + seconds
    draw = random.Random(1)
    crowd = asyncio.gather(
        *(
            study(address, seed, draw.uniform(0, 0.7 * settling), begin, end, lecturer, notes)
            for seed in range(students)
        )
    )
    await asyncio.sleep(settling)
    before, own = _busy(servers), sum(psutil.Process().cpu_times()[:2])
    next_move = time.monotonic() + FOLLOW_SECONDS / 2
    while time.monotonic() < end:
        await asyncio.sleep(max(0.0, min(next_move, end) - time.monotonic()))
        if time.monotonic() >= next_move:
            lecturer.move_all()
            next_move += FOLLOW_SECONDS
    took = time.monotonic() - begin
    megabytes = sum(_memory(one) for one in servers)
    server_cores = (_busy(servers) - before) / took
    own_cores = (sum(psutil.Process().cpu_times()[:2]) - own) / took
    await crowd
    return Measured(how, students, notes, megabytes, took, server_cores, own_cores)


def _busy(servers: list[psutil.Process]) -> float:
    return sum(sum(one.cpu_times()[:2]) for one in servers)


def _memory(process: psutil.Process) -> float:
    """Megabytes; what processes share is counted once."""
    about = process.memory_full_info()
    return float(getattr(about, "pss", about.rss)) / 1e6


@contextmanager
def several(processes: int) -> Iterator[tuple[str, list[psutil.Process]]]:
    """`make serve`: its address, and its processes."""
    haproxy = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin")
    if haproxy is None:
        raise SystemExit("This figure needs HAProxy: sudo apt-get install haproxy")
    plan = Plan("127.0.0.1", free_port(), processes, "", None, haproxy)
    with running(plan, lambda _: None) as hall:
        ended = threading.Event()

        def keep_looking() -> None:
            while not ended.wait(0.2):
                hall.look()

        looking = threading.Thread(target=keep_looking)
        looking.start()
        try:
            while not hall.told_ready:
                time.sleep(0.2)
            assert hall.proxy is not None
            numbers = [hall.proxy.pid, *(one.popen.pid for one in hall.processes.values())]
            yield f"http://127.0.0.1:{plan.port}", [psutil.Process(number) for number in numbers]
        finally:
            ended.set()
            looking.join()


@contextmanager
def plain() -> Iterator[tuple[str, list[psutil.Process]]]:
    """``streamlit run explorer_app.py``."""
    with serving() as (address, number):
        yield address, [psutil.Process(number)]


@contextmanager
def training() -> Iterator[None]:
    """Two runs, for as long as it takes."""
    from cnnviz.settings import settings
    from cnnviz.training import TrainingSpec, launcher, start

    runs = [start(TrainingSpec(network="lenet5", epochs=1000, seed=seed)) for seed in (0, 1)]
    try:
        while not all(run.step_count for run in runs):
            time.sleep(0.2)
        yield
        assert all(run.state == "running" for run in runs), [run.state for run in runs]
    finally:
        launcher.shut_down(settings().runs)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hall")
    parser.add_argument("--minutes", type=float, default=3.0, help="of each of the measurements")
    parser.add_argument("--students", type=int, nargs="+", default=[100, 300])
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    given, _ = parser.parse_known_args(sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="cnnviz-hall-") as home:
        os.environ["CNNVIZ_HOME"] = str(Path(home))
        print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
        with training():
            for students in given.students:
                found = {}
                for how, server in (
                    (f"make serve ({given.processes} processes)", several(given.processes)),
                    ("one process", plain()),
                ):
                    with server as (address, processes):
                        found[how] = asyncio.run(
                            attend(how, address, students, 60 * given.minutes, processes)
                        )
                    print(found[how].report(), flush=True)
                ours, one = found.values()
                print(_compared(ours, one), flush=True)


def _compared(ours: Measured, one: Measured) -> str:
    ratio = percentile(one.notes.clicks, 0.95) / percentile(ours.notes.clicks, 0.95)
    late = percentile(ours.notes.clicks, 0.95)
    word = "kept" if late <= GOAL_SECONDS and not ours.notes.faults else "not kept"
    return (
        f"{ours.students} students: p95 of a click with one process is {ratio:.2f} times that of make serve, "
        f"memory of make serve {ours.megabytes / one.megabytes:.2f} times; the goal (no error, p95 at most {GOAL_SECONDS:g} s) is {word}. "
        f"Web processes, students and two trainings share {os.cpu_count()} cores: the students alone take {ours.own_cores:.2f} of them."
    )


if __name__ == "__main__":
    main()
