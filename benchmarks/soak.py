"""Whether the house holds: sixty visitors wander, train and upload, and everything that can break is broken.

At random moments a worker, the launcher or the server itself is killed, the disk is full and free again, the clock
goes back by two hours, the folder of the runs can only be read. The server runs in a mount namespace of its own, on a
disk in memory that can be filled; what its processes ask for the time of day goes by a file. At the end: every run goes on to its end, and holds all that
it held at its last checkpoint before each blow; no log holds a traceback; the memory comes back after all have left.

``python -m benchmarks.soak [minutes] [visitors] [seed]``   (Linux; util-linux's unshare and nsenter)
"""

import asyncio
import contextlib
import io
import json
import math
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
import websockets
from PIL import Image
from safetensors import SafetensorError, safe_open

from benchmarks._app import ROOT, percentile, wait_for_server
from benchmarks._visitor import Session
from benchmarks.wander import OTHER_PAGE, STATES
from cnnviz.settings import settings

MINUTES, VISITORS = 10, 60
DISK_MEGABYTES = 1500
TRAININGS, UPLOADS = 0.02, 0.02
"""How often a visitor's next act is to start a training, or to bring a file."""
PATIENCE = 120
"""Seconds after which an answer is lost."""
CALM = 60
"""Seconds without blows before the end, in which everybody may recover."""
LEFT_SECONDS = 60
_TRAINING = {"network": "tiny", "epochs": "1", "limit": "4000"}
_CLOCK = """
import os, time

real, real_ns, monotonic = time.time, time.time_ns, time.monotonic
seen = [0.0, float("-inf")]


def offset():
    if monotonic() - seen[1] > 1:
        seen[1] = monotonic()
        try:
            with open(os.environ["SOAK_CLOCK"]) as file:
                seen[0] = float(file.read() or 0)
        except (OSError, ValueError):
            pass
    return seen[0]


time.time = lambda: real() + offset()
time.time_ns = lambda: real_ns() + int(offset() * 1e9)
"""
"""Every Python process of the house begins with it (as ``sitecustomize``): its clock goes by a file, that of its disk does
not. libfaketime would be nearer to the truth, but with the clock set back it lets each ``time.sleep`` fail.
"""


class House:
    """The server, in a mount namespace of its own whose folder of runs is a disk in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.disk, self.clock = folder, folder / "disk", folder / "clock"
        self.disk.mkdir()
        self.set_clock(0)
        (folder / "sitecustomize.py").write_text(_CLOCK)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://localhost:{self.port}"
        mount = f"mount -t tmpfs -o size={DISK_MEGABYTES}m soak '{self.disk}' && exec sleep infinity"
        self.root = () if os.geteuid() == 0 else ("--map-root-user",)
        self.holder = subprocess.Popen(["unshare", *self.root, "--mount", "sh", "-c", mount])
        while self.inside("mountpoint", "-q", str(self.disk), check=False):
            assert self.holder.poll() is None, "This machine does not let a process mount a disk of its own."
            time.sleep(0.05)
        self.server: subprocess.Popen[bytes] | None = None
        self.start()

    def inside(self, *command: str, check: bool = True) -> int:
        done = subprocess.run([*self._enter(), *command], stderr=subprocess.DEVNULL)
        assert not check or done.returncode == 0, command
        return done.returncode

    def _enter(self) -> list[str]:
        user = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
        return ["nsenter", "--target", str(self.holder.pid), *user, "--mount", f"--wd={ROOT}"]

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "SOAK_CLOCK": str(self.clock),
            "PYTHONPATH": os.pathsep.join((str(ROOT), str(self.folder))),
            "CNNVIZ_HOME": str(self.disk),
            "CNNVIZ_LAUNCHER_IDLE_SECONDS": "60",
        }

    def start(self) -> None:
        with (self.folder / "server.log").open("a") as log:
            self.server = subprocess.Popen(
                [
                    *self._enter(),
                    sys.executable,
                    *("-m", "streamlit", "run", "explorer_app.py"),
                    *("--server.headless=true", f"--server.port={self.port}"),
                ],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        wait_for_server(self.port)

    def python(self, program: str) -> str:
        """What a program prints that sees the same disk."""
        done = subprocess.run(
            [*self._enter(), sys.executable, "-c", program],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def process(self) -> psutil.Process:
        assert self.server is not None
        return psutil.Process(self.server.pid)

    def processes(self, kind: str) -> list[psutil.Process]:
        """Launchers, or the workers that they started."""
        launchers = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if "cnnviz.training" in process.cmdline() and any(
                    str(self.disk) in word for word in process.cmdline()
                ):
                    launchers.append(process)
        if kind == "launcher":
            return launchers
        workers: list[psutil.Process] = []
        for launcher in launchers:
            with contextlib.suppress(psutil.Error):
                workers += [one for one in launcher.children(recursive=True) if not one.children()]
        return workers

    @property
    def runs(self) -> Path:
        """The folder of the runs, as a process outside sees it."""
        return Path(f"/proc/{self.holder.pid}/root{self.disk}/runs")

    def set_clock(self, seconds: int) -> None:
        self.clock.write_text(f"{seconds:+d}")

    def logs(self) -> str:
        texts = [(self.folder / "server.log").read_text(errors="replace")]
        if self.runs.is_dir():
            texts += [path.read_text(errors="replace") for path in self.runs.glob("*.log")]
            texts += [path.read_text(errors="replace") for path in self.runs.glob(".*.log")]
        return "\n".join(texts)

    def close(self) -> None:
        for process in self.processes("launcher"):
            with contextlib.suppress(psutil.Error):
                process.terminate()
        if self.server is not None:
            self.server.kill()
        self.holder.kill()


@dataclass
class Notes:
    """What was seen."""

    answers: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)
    acts: Counter[str] = field(default_factory=Counter)
    blows: Counter[str] = field(default_factory=Counter)
    held: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    """Run -> the step of its last checkpoint, and its lines of metrics up to there."""


def own_images(seed: int) -> bytes:
    """A zip file of two classes of small noise."""
    draw, file = np.random.default_rng(seed), io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("rough", "smooth"):
            for number in range(12):
                picture = io.BytesIO()
                low = draw.integers(0, 256, (16, 16) if name == "rough" else (4, 4), dtype=np.uint8)
                Image.fromarray(low).resize((16, 16)).save(picture, "PNG")
                archive.writestr(f"{name}/{number}.png", picture.getvalue())
    return file.getvalue()


async def visit(house: House, seed: int, end: float, notes: Notes) -> None:
    """One visitor until the end; who loses the connection comes back, at the page where it was."""
    draw = random.Random(seed)
    visitor: Session | None = None
    page, state = "", dict[str, str]()
    await asyncio.sleep(draw.uniform(0, 5))
    while time.monotonic() < end:
        act = draw.random()
        name = "train" if act < TRAININGS else "upload" if act < TRAININGS + UPLOADS else "look"
        try:
            async with asyncio.timeout(PATIENCE):
                if visitor is None:
                    visitor = await Session.arrive(house.address, seed + 1)
                    await visitor.open(page, state)
                controls = list(visitor.controls.values())
                if name == "train":
                    page, state = "training_lab", {**_TRAINING, "seed": str(draw.randrange(1000))}
                    await visitor.open(page, state)
                    if "Train" in visitor.buttons:
                        await visitor.press("Train")
                elif name == "upload":
                    page, state = "datasets", {}
                    await visitor.open(page, state)
                    bad = draw.random() < 0.5
                    content = draw.randbytes(3000) if bad else own_images(draw.randrange(5))
                    await visitor.upload("Your images", "mine.zip", content)
                elif not page or draw.random() < OTHER_PAGE:
                    page, state = draw.choice(list(STATES)), {}
                    notes.answers.append((await visitor.open(page)).seconds)
                elif controls and draw.random() < 0.5:
                    notes.answers.append(
                        (await visitor.move(draw.choice(controls), draw.randrange(2))).seconds
                    )
                else:
                    name_of = draw.choice(list(STATES.get(page, {"": [""]})))
                    state = {**state, name_of: draw.choice(STATES.get(page, {"": [""]})[name_of])}
                    notes.answers.append((await visitor.open(page, state)).seconds)
            notes.acts[name] += 1
            notes.faults += visitor.faults
        except (OSError, websockets.WebSocketException, TimeoutError, KeyError, StopIteration) as error:
            notes.lost[type(error).__name__] += 1
            if visitor is not None:
                with contextlib.suppress(Exception):
                    await visitor.leave()
            visitor = None
            await asyncio.sleep(1)
        await asyncio.sleep(draw.uniform(1, 4))
    if visitor is not None:
        await visitor.leave()


def held_now(house: House) -> Iterator[tuple[str, int, list[str]]]:
    """(run, step of its last checkpoint, lines of metrics up to there)."""
    for folder in house.runs.iterdir() if house.runs.is_dir() else ():
        with contextlib.suppress(OSError, ValueError, KeyError, SafetensorError):
            with safe_open(folder / "checkpoint.safetensors", "pt") as checkpoint:
                step = int(json.loads(checkpoint.metadata()["numbers"])["step"])
            lines = (folder / "metrics.jsonl").read_text().splitlines()
            yield folder.name, step, [line for line in lines if json.loads(line)["step"] <= step]


async def blow(house: House, kind: str, draw: random.Random, notes: Notes) -> None:
    for run, step, lines in held_now(house):
        notes.held[run] = step, lines
    notes.blows[kind] += 1
    if kind in ("worker", "launcher"):
        found = house.processes(kind)
        with contextlib.suppress(psutil.Error):
            if found:
                draw.choice(found).kill()
    elif kind == "server":
        house.process.send_signal(signal.SIGKILL)
        assert house.server is not None
        await asyncio.to_thread(house.server.wait)
        await asyncio.to_thread(house.start)
    elif kind == "disk full":
        await asyncio.to_thread(
            house.inside,
            "sh",
            "-c",
            f"head -c {DISK_MEGABYTES}M /dev/zero > '{house.disk}/ballast'",
            check=False,
        )
        await asyncio.sleep(10)
        await asyncio.to_thread(house.inside, "rm", "-f", f"{house.disk}/ballast")
    elif kind == "clock":
        house.set_clock(-7200)
        await asyncio.sleep(15)
        house.set_clock(0)
    elif kind == "read only":
        remount = "mount", "-o"
        stuck = await asyncio.to_thread(
            house.inside,
            "mount",
            "--bind",
            "-o",
            "ro",
            f"{house.disk}/runs",
            f"{house.disk}/runs",
            check=False,
        )
        if not stuck:
            await asyncio.to_thread(
                house.inside, *remount, "remount,bind,ro", f"{house.disk}/runs", check=False
            )
            await asyncio.sleep(8)
            await asyncio.to_thread(house.inside, "umount", "-l", f"{house.disk}/runs", check=False)


async def blows(house: House, kinds: list[str], end: float, draw: random.Random, notes: Notes) -> None:
    order: list[str] = []
    while time.monotonic() < end:
        await asyncio.sleep(draw.uniform(5, 15))
        if time.monotonic() >= end:
            return
        if not order:
            order = draw.sample(kinds, len(kinds))
        kind = order.pop()
        await blow(house, kind, draw, notes)
        print(f"{time.strftime('%X')} {kind}", flush=True)


_FINISH = """
import json
from cnnviz.errors import CnnvizError
from cnnviz.training import open_run, runs
from cnnviz.training.run import Run
out = {}
for run in runs():
    if (run._runs / run.id).is_dir():
        words = ""
        try:
            if run.state not in ("finished", "queued", "running"):
                run.resume()
            run.wait(240)
            for step in run.steps:
                run.network(step)
        except (CnnvizError, TimeoutError) as error:
            words = f"{type(error).__name__}: {error}"
        out[run.id] = [run.state, run.message or words or "", words]
print(json.dumps(out))
"""


def finished(house: House, notes: Notes) -> tuple[int, list[str]]:
    """Resumes every run; returns how many ended well, and what is wrong."""
    wrong, well = [], 0
    outcome = json.loads(house.python(_FINISH).splitlines()[-1])
    for run, (state, message, words) in outcome.items():
        if state == "finished" and not words:
            well += 1
        elif state == "failed" and "could not be downloaded" in message:
            # Somebody asked for all images of a set where there is no network, and was told so.
            continue
        else:
            wrong.append(f"{run}: {state}, {message} {words}")
    for run, (step, lines) in notes.held.items():
        file = house.runs / run / "metrics.jsonl"
        if not file.is_file():
            # Room was made for others, and that may be.
            continue
        now = file.read_text().splitlines()
        if now[: len(lines)] != lines:
            wrong.append(f"{run}: what it held at step {step} is not there any more")
    return well, wrong


def tracebacks_in(logs: str) -> list[str]:
    """The last line of each traceback: plain, or in Streamlit's box, whose lines begin with a space or a rule."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", logs)
    return re.findall(r"Traceback \(most recent call last\)[^\n]*\n(?:(?:[ \t─╰│].*)?\n)*(.*)", plain)


async def soak(minutes: float, visitors: int, seed: int) -> None:
    draw, notes = random.Random(seed), Notes()
    folder = Path(tempfile.mkdtemp(prefix="cnnviz-soak-"))
    house = House(folder)
    try:
        half = minutes * 30
        every = ["worker", "launcher", "disk full", "clock", "read only"]
        end = time.monotonic() + half
        await asyncio.gather(
            blows(house, [*every, "server"], end, draw, notes),
            *(visit(house, seed * 1000 + number, end, notes) for number in range(visitors)),
        )
        # The second half on one server, whose memory is looked at.
        await blow(house, "server", draw, notes)
        single = await Session.arrive(house.address, 999_999)
        for _ in range(2):
            for page in ("", *STATES):
                await single.open(page)
        await asyncio.sleep(5)
        alone = house.process.memory_info().rss / 1e6
        end = time.monotonic() + half
        crowd = [visit(house, seed * 1000 + number, end, notes) for number in range(visitors)]
        await asyncio.gather(blows(house, every, end - min(CALM, half / 4), draw, notes), *crowd)
        full = house.process.memory_info().rss / 1e6
        left = time.monotonic()
        while time.monotonic() - left < LEFT_SECONDS:
            await asyncio.sleep(5)
            await single.open("convolution", {"size": "3"})
        after = house.process.memory_info().rss / 1e6
        await single.leave()
        well, wrong = await asyncio.to_thread(finished, house, notes)
        tracebacks = tracebacks_in(house.logs())
        budget = settings().cache_bytes / 1e6
        print(f"blows: {dict(notes.blows)}; acts: {dict(notes.acts)}; connections lost: {dict(notes.lost)}")
        print(
            f"answers: {len(notes.answers)}, p50 {percentile(notes.answers, 0.5):.2f} s, p95 {percentile(notes.answers, 0.95):.2f} s"
        )
        print(f"runs that went on to their end: {well}; wrong: {len(wrong)} {wrong[:5]}")
        print(f"faults on pages: {len(notes.faults)} {Counter(notes.faults).most_common(5)}")
        print(f"tracebacks in logs: {len(tracebacks)} {Counter(tracebacks).most_common(5)}")
        print(
            f"memory: one visitor {alone:.0f} MB, {visitors} visitors {full:.0f} MB, {LEFT_SECONDS} s after they left {after:.0f} MB: "
            f"{after / alone:.2f} times; without the cache's budget of {budget:.0f} MB {(after - budget) / alone:.2f} times (goal 1.1)"
        )
    finally:
        (ROOT / "build").mkdir(exist_ok=True)
        (ROOT / "build" / "soak.log").write_text(house.logs())
        house.close()
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    lacking = [name for name in ("unshare", "nsenter") if shutil.which(name) is None]
    if lacking:
        sys.exit(f"The soak needs {', '.join(lacking)}: sudo apt-get install util-linux")
    given = [float(word) for word in sys.argv[1:]] + [float("nan")] * 3
    minutes, visitors, seed = (
        usual if math.isnan(word) else word
        for word, usual in zip(given, (MINUTES, VISITORS, 0), strict=False)
    )
    asyncio.run(soak(minutes, int(visitors), int(seed)))


if __name__ == "__main__":
    main()
