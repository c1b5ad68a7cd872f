"""What each web process of this server says of itself, so that any of them can tell of all."""

import json
import os
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from streamlit.runtime import Runtime

from cnnviz.settings import settings

EVERY_SECONDS = 5.0
OLD_SECONDS = 20.0
"""A process that has said nothing for so long is gone."""


@dataclass(frozen=True)
class Census:
    """One web process.

    Attributes:
        number: of the process.
        sessions: browsers that are connected to it.
        jobs: longer computations that it does for pages.
        bytes: of its memory.
        at: when it said so, in seconds since 1970.
    """

    number: int
    sessions: int
    jobs: int
    bytes: int
    at: float


def _folder() -> Path:
    return settings().home / "web"


def _this_process(runtime: Runtime) -> Census:
    jobs = sum(thread.name.startswith("cnnviz-job-") for thread in threading.enumerate())
    return Census(
        os.getpid(),
        len(runtime._session_mgr.list_active_sessions()),
        jobs,
        psutil.Process().memory_info().rss,
        time.time(),
    )


def tell(runtime: Runtime) -> None:
    """Writes what this process has to say; where it cannot be written, nobody reads it."""
    with suppress(OSError):
        file = _folder() / f"{os.getpid()}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".new")
        draft.write_text(json.dumps(asdict(_this_process(runtime))), encoding="utf-8")
        draft.replace(file)


def leave() -> None:
    """The process ends."""
    (_folder() / f"{os.getpid()}.json").unlink(missing_ok=True)


def all_processes() -> list[Census]:
    """This process as it is now, and what the others said last."""
    me = [_this_process(Runtime.instance())] if Runtime.exists() else []
    others: list[Census] = []
    for file in sorted(_folder().glob("*.json")):
        with suppress(OSError, ValueError, TypeError):
            one = Census(**json.loads(file.read_text(encoding="utf-8")))
            if one.number == os.getpid():
                continue
            if time.time() - one.at > OLD_SECONDS:
                file.unlink(missing_ok=True)
            else:
                others.append(one)
    return sorted([*me, *others], key=lambda one: one.number)
