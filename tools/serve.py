"""The app for a hall: several processes behind HAProxy, one address. ``python -m tools.serve --help``.

Each browser stays with one process (a cookie says which), because what a session has drawn lies in its memory. A
process that dies or does not answer is replaced; its browsers go on at the others, at the same link. ``SIGHUP`` replaces
all processes one after the other, for instance after an update. ``SIGTERM`` ends everything; trainings go on.
"""

import argparse
import contextlib
import ctypes
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from cnnviz.settings import settings

ROOT = Path(__file__).resolve().parent.parent
LOOK_SECONDS = 0.2
HEALTH_SECONDS = 5.0
"""How often a process is asked whether it is well."""
SILENT_SECONDS = 60.0
"""A process that has not answered for so long is replaced."""
START_SECONDS = 180.0
"""A new process has so long to import what it needs, also where the disk of a new machine is slow."""
FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0
"""Seconds before a process that ended is started again: twice as long after each time."""
PROVEN_SECONDS = 60.0
"""After so long without an end the first delay counts again."""
END_SECONDS = 15.0
MISSING = (
    "HAProxy is not installed. On Debian and Ubuntu: sudo apt-get install haproxy. Without it, run one process: "
    "make run, or streamlit run explorer_app.py (docs/server.md says how to put it behind another proxy)."
)


@dataclass(frozen=True)
class Plan:
    """What is to be served, and where.

    Attributes:
        address, port: where HAProxy listens; an empty address: everywhere.
        processes: of the app.
        base: the folder of the address that the app lives in, without slashes at its ends; empty: the root.
        certificate: a PEM file with certificate chain and key; ``None``: without TLS.
        haproxy: its program.
    """

    address: str
    port: int
    processes: int
    base: str
    certificate: Path | None
    haproxy: str

    @property
    def path(self) -> str:
        """What stands before each address of the app: empty, or ``/base``."""
        return f"/{self.base}" if self.base else ""

    @property
    def url(self) -> str:
        return f"{'https' if self.certificate else 'http'}://{self.address or 'localhost'}:{self.port}{self.path}/"


def configuration(plan: Plan, ports: list[int], control: Path) -> str:
    """The file for HAProxy."""
    tls = f" ssl crt {json.dumps(str(plan.certificate))} alpn http/1.1" if plan.certificate else ""
    secure = " secure" if plan.certificate else ""
    to_base = f"    http-request redirect location {plan.path}/ if {{ path / }}\n" if plan.base else ""
    servers = "\n".join(
        f"    server app{number} 127.0.0.1:{port} cookie app{number}" for number, port in enumerate(ports)
    )
    return f"""\
global
    maxconn 8192
    stats socket {control} mode 600 level admin

defaults
    mode http
    timeout connect 5s
    timeout client 75s
    timeout server 75s
    timeout http-request 15s
    timeout check 15s
    # A websocket that is silent for so long is closed; Streamlit's own sends a word every half a minute.
    timeout tunnel 1h
    timeout client-fin 30s
    # A process that is gone: the next one is asked.
    retries 3
    option redispatch 1
    retry-on conn-failure empty-response
    option forwardfor
    option http-keep-alive

frontend hall
    bind {plan.address or "*"}:{plan.port}{tls}
    http-request set-header X-Forwarded-Proto {"https" if plan.certificate else "http"}
{to_base}    default_backend app

backend app
    balance leastconn
    cookie cnnviz-process insert indirect nocache httponly{secure} attr "SameSite=Lax"
    option httpchk GET {plan.path}/_stcore/health
    # Slow is not dead: a busy process may need seconds for this answer.
    default-server check inter 2s fall 5 rise 1
{servers}
"""


@dataclass
class Process:
    """One process of the app."""

    number: int
    port: int
    popen: "subprocess.Popen[bytes]"
    started: float = field(default_factory=time.monotonic)
    ready: bool = False
    """It has imported what the pages need, and HAProxy sends browsers to it."""
    heard: float = field(default_factory=time.monotonic)


class Hall:
    """The processes, and HAProxy before them."""

    def __init__(self, plan: Plan, folder: Path, say: Callable[[str], None] = print) -> None:
        self.plan, self.folder, self.say = plan, folder, say
        self.control = folder / "haproxy.sock"
        self.environment = self._environment()
        self.processes: dict[int, Process] = {}
        self.coming: Process | None = None
        """The one that will take the place of another, in a replacement of all."""
        self.to_replace: list[int] = []
        self.ends: dict[int, int] = dict.fromkeys(range(plan.processes), 0)
        self.again_at: dict[int, float] = {}
        self.proxy: subprocess.Popen[bytes] | None = None
        self.told_ready = False

    def _environment(self) -> dict[str, str]:
        """Together they may use what one process may, and whoever moves from one to another is known there."""
        count, limits = self.plan.processes, settings()
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
            "CNNVIZ_CACHE_BYTES": str(limits.cache_bytes // count),
            "CNNVIZ_JOBS": str(max(1, limits.jobs // count)),
            "STREAMLIT_SERVER_COOKIE_SECRET": secrets.token_hex(32),
        }

    # --- one process ---

    def begin(self, number: int) -> Process:
        port = free_port()
        options = [f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true"]
        if self.plan.base:
            options.append(f"--server.baseUrlPath={self.plan.base}")
        popen = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "explorer_app.py", *options],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            start_new_session=sys.platform != "linux",
        )
        return Process(number, port, popen)

    def answers(self, process: Process, path: str, timeout: float) -> bool:
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(
                f"http://127.0.0.1:{process.port}{self.plan.path}/{path}", timeout=timeout
            ) as reply,
        ):
            return bool(reply.status == 200)
        return False

    def _end(self, process: Process) -> None:
        end([process.popen])

    # --- HAProxy ---

    def start_proxy(self) -> None:
        ports = [self.processes[number].port for number in range(self.plan.processes)]
        file = self.folder / "haproxy.cfg"
        file.write_text(configuration(self.plan, ports, self.control), encoding="utf-8")
        checked = subprocess.run([self.plan.haproxy, "-c", "-f", file], capture_output=True, text=True)
        if checked.returncode:
            raise SystemExit(f"HAProxy does not take this configuration:\n{checked.stderr}")
        self.proxy = subprocess.Popen(
            [self.plan.haproxy, "-q", "-db", "-f", file],
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )

    def command(self, text: str) -> str:
        """Says something to the running HAProxy; returns its answer."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(5)
            line.connect(str(self.control))
            line.sendall(f"{text}\n".encode())
            return b"".join(iter(lambda: line.recv(65536), b"")).decode()

    def _lead_to(self, process: Process) -> None:
        """From now on the browsers of this place are sent to this process."""
        with contextlib.suppress(OSError):
            place = f"app/app{process.number}"
            self.command(f"set server {place} addr 127.0.0.1 port {process.port}")
            self.command(f"set server {place} health up")

    # --- the loop ---

    def start(self) -> None:
        for number in range(self.plan.processes):
            self.processes[number] = self.begin(number)
        self.start_proxy()

    def replace_all(self) -> None:
        self.to_replace = list(range(self.plan.processes))

    def look(self) -> None:
        """Once around: what ended or is silent is replaced, what is new is led to."""
        now = time.monotonic()
        if self.proxy is None or self.proxy.poll() is not None:
            self.say("HAProxy has ended; it is started again.")
            self.start_proxy()
        for number, process in list(self.processes.items()):
            self._look_at(number, process, now)
        self._replace_next(now)
        if not self.told_ready and all(one.ready for one in self.processes.values()):
            self.told_ready = True
            self.say(f"Ready: {self.plan.url} ({self.plan.processes} processes)")

    def _look_at(self, number: int, process: Process, now: float) -> None:
        if process.popen.poll() is not None:
            at = self.again_at.get(number)
            if at is None:
                if now - process.started > PROVEN_SECONDS:
                    self.ends[number] = 0
                delay = min(LONGEST_DELAY, FIRST_DELAY * 2 ** self.ends[number])
                self.ends[number] += 1
                self.again_at[number] = now + delay
                self.say(
                    f"Process {number} has ended ({process.popen.returncode}); the next one starts in {delay:g} s."
                )
            elif now >= at:
                del self.again_at[number]
                self.processes[number] = self.begin(number)
            return
        if not process.ready:
            if self._has_come(process):
                self._lead_to(process)
                process.ready = True
        elif now - process.heard > HEALTH_SECONDS:
            if self.answers(process, "_stcore/health", 2):
                process.heard = now
            elif now - process.heard > SILENT_SECONDS:
                self.say(f"Process {number} has not answered for {SILENT_SECONDS:.0f} s.")
                process.popen.kill()

    def _has_come(self, process: Process) -> bool:
        # The second address answers when PyTorch is imported.
        if self.answers(process, "_stcore/health", 1) and self.answers(process, "cnnviz/live", 1):
            process.heard = time.monotonic()
            return True
        if time.monotonic() - process.started > START_SECONDS:
            self.say(f"Process {process.number} did not start within {START_SECONDS:.0f} s.")
            process.popen.kill()
        return False

    def _replace_next(self, now: float) -> None:
        if self.coming is None:
            if self.to_replace and all(one.ready for one in self.processes.values()):
                self.coming = self.begin(self.to_replace.pop(0))
            return
        new = self.coming
        if new.popen.poll() is not None:
            self.say(f"The new process {new.number} has ended ({new.popen.returncode}): the old ones stay.")
            self.coming, self.to_replace = None, []
        elif self._has_come(new):
            old = self.processes[new.number]
            new.ready = True
            self.processes[new.number] = new
            self.coming = None
            self.again_at.pop(new.number, None)
            self._lead_to(new)
            # Its browsers notice, come back at once, and are led to the new one.
            self._end(old)
            self.say(f"Process {new.number} is replaced.")

    def stop(self) -> None:
        coming = None if self.coming is None else self.coming.popen
        parts = [self.proxy, coming, *(one.popen for one in self.processes.values())]
        end([one for one in parts if one is not None])


def end(processes: "list[subprocess.Popen[bytes]]") -> None:
    """Asks them to end, and ends them."""
    for one in processes:
        with contextlib.suppress(OSError):
            one.terminate()
    last = time.monotonic() + END_SECONDS
    for one in processes:
        try:
            one.wait(max(0.1, last - time.monotonic()))
        except subprocess.TimeoutExpired:
            one.kill()
            one.wait()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _end_with_parent() -> None:
    """On Linux: a process ends when the one that started it is killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def plan_of(words: list[str] | None = None) -> Plan:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.serve", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument(
        "--address", default="", help="of the network to listen on; usual: all of this machine"
    )
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="usual: one a core")
    parser.add_argument("--base-path", default="", metavar="PATH", help="for https://host/PATH/")
    parser.add_argument(
        "--certificate", type=Path, metavar="FILE", help="PEM file: certificate chain and key; then TLS"
    )
    given = parser.parse_args(words)
    haproxy = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin")
    if haproxy is None:
        raise SystemExit(MISSING)
    if given.processes < 1:
        raise SystemExit("At least one process is needed: --processes 1.")
    if given.certificate is not None and not given.certificate.is_file():
        raise SystemExit(
            f"There is no file {given.certificate}. Give a PEM file with the certificate chain and its key."
        )
    certificate = given.certificate and given.certificate.resolve()
    return Plan(given.address, given.port, given.processes, given.base_path.strip("/"), certificate, haproxy)


@contextlib.contextmanager
def running(plan: Plan, say: Callable[[str], None] = print) -> Iterator[Hall]:
    """The hall, started; everything is ended afterwards. Whoever has it calls ``look`` all the time."""
    with tempfile.TemporaryDirectory(prefix="cnnviz-serve-") as folder:
        hall = Hall(plan, Path(folder), say)
        try:
            hall.start()
            yield hall
        finally:
            hall.stop()


def main() -> None:
    plan, asked = plan_of(), set[int]()

    def note(number: int, _: FrameType | None) -> None:
        asked.add(number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, note)
    with running(plan, lambda text: print(text, flush=True)) as hall:
        print(f"Process {os.getpid()}: kill -HUP replaces all processes, kill -TERM ends them.", flush=True)
        while not asked & {signal.SIGTERM, signal.SIGINT}:
            if signal.SIGHUP in asked:
                asked.discard(signal.SIGHUP)
                hall.replace_all()
            hall.look()
            time.sleep(LOOK_SECONDS)


if __name__ == "__main__":
    main()
