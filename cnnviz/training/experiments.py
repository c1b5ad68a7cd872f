"""An experiment: some runs that differ in something, with a title each, under one title; a file that outlives
the session that began it.

``experiments/<id>.json`` beside the runs is written once, by whoever starts the experiment, and never
changed; so whoever has its link sees the same titles.
"""

import json
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from cnnviz.errors import CnnvizError
from cnnviz.models import NetworkSpec
from cnnviz.settings import settings
from cnnviz.training.folder import stamp, write_atomically
from cnnviz.training.run import Run, open_run, owner_hash
from cnnviz.training.spec import TrainingSpec
from cnnviz.training.starting import ID_LETTERS, start_all
from cnnviz.words import say

FORMAT = 1
MOST_RUNS = 100
LONGEST_TITLE = 120


@dataclass(frozen=True)
class Experiment:
    """Some runs, by what each is called.

    Attributes:
        id: its name in links.
        title: of the whole.
        created: when, in seconds since 1970.
        run_ids: what each run is called -> its id, in the order of the table.
    """

    id: str
    title: str
    created: float
    run_ids: Mapping[str, str]

    @classmethod
    def start(
        cls, title: str, specs: Mapping[str, TrainingSpec | NetworkSpec | str], key: str | None = None
    ) -> "Experiment":
        """Starts all runs, or none, and returns at once.

        Args:
            title: what the experiment asks, such as "Max pooling or strided convolutions".
            specs: what each run is called -> what to train; a network alone is trained with the usual
                settings.
            key: the secret of the browser that will command the runs; only its hash is kept.

        Raises:
            CnnvizError: no or too many runs, a title without words, or what ``start`` raises.
        """
        for text in (title, *specs):
            _check_title(text)
        if not 1 <= len(specs) <= MOST_RUNS:
            raise CnnvizError(
                say(
                    "An experiment has 1 to {most_runs} runs, but this one has {count}.",
                    most_runs=MOST_RUNS,
                    count=len(specs),
                )
            )
        runs = start_all(
            [
                spec if isinstance(spec, TrainingSpec) else TrainingSpec(network=spec)
                for spec in specs.values()
            ],
            key,
        )
        experiment = cls(
            f"experiment-{''.join(secrets.choice(ID_LETTERS) for _ in range(9))}",
            title,
            time.time(),
            {name: run.id for name, run in zip(specs, runs, strict=True)},
        )
        folder = _folder()
        _sweep(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            about = {
                "format": FORMAT,
                "title": title,
                "created": experiment.created,
                "owner": owner_hash(key),
                "runs": list(experiment.run_ids.items()),
            }
            write_atomically(folder / f"{experiment.id}.json", json.dumps(about))
        except OSError as error:
            raise CnnvizError(
                say(
                    "The experiment cannot be written: {strerror}. Its runs train; free some space, or set CNNVIZ_HOME to another folder.",
                    strerror=error.strerror,
                )
            ) from None
        return experiment

    @property
    def runs(self) -> dict[str, Run]:
        """What each run is called -> the run; without those that were deleted since to make room."""
        found = {}
        for name, run_id in self.run_ids.items():
            with suppress(CnnvizError):
                found[name] = open_run(run_id)
        return found


def open_experiment(experiment_id: str) -> Experiment:
    """An experiment by its id.

    Raises:
        CnnvizError: there is none, or its file cannot be read.
    """
    if not re.fullmatch(r"experiment-[a-z0-9]{1,40}", experiment_id):
        raise CnnvizError(
            say(
                "'{experiment_id}' is not the name of an experiment. Start a new one.",
                experiment_id=experiment_id[:60],
            )
        )
    path = _folder() / f"{experiment_id}.json"
    about = _read(path, stamp(path))
    if about.get("format") != FORMAT:
        raise CnnvizError(
            say(
                "The experiment '{experiment_id}' was written by another version of cnnviz. Update cnnviz to open it.",
                experiment_id=experiment_id,
            )
        )
    try:
        return Experiment(
            experiment_id,
            str(about["title"]),
            float(about["created"]),
            {str(name): str(run) for name, run in about["runs"]},
        )
    except (KeyError, TypeError, ValueError):
        raise CnnvizError(
            say(
                "The experiment '{experiment_id}' cannot be read: its file is damaged. Start a new one.",
                experiment_id=experiment_id,
            )
        ) from None


def experiments(limit: int | None = None, *, key: str | None = None) -> list[Experiment]:
    """All readable experiments, or the ``limit`` newest; newest first.

    Args:
        key: the secret of a browser: only the experiments that it started.
    """
    owner = owner_hash(key)
    found: list[Experiment] = []
    for path in _files(_folder()):
        if limit is not None and len(found) >= limit:
            break
        with suppress(CnnvizError):
            if not owner or secrets.compare_digest(str(_read(path, stamp(path)).get("owner", "")), owner):
                found.append(open_experiment(path.stem))
    return sorted(found, key=lambda experiment: experiment.created, reverse=True)


def _check_title(text: Any) -> None:
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_TITLE:
        raise CnnvizError(
            say(
                "A title is {text!r:.100}, but it must have 1 to {longest_title} letters.",
                text=text,
                longest_title=LONGEST_TITLE,
            )
        )


def _folder() -> Path:
    return settings().home / "experiments"


def _files(folder: Path) -> Iterator[Path]:
    """Newest first. A file may go while we look."""
    with_times = []
    for path in folder.glob("experiment-*.json"):
        with suppress(FileNotFoundError):
            with_times.append((path.stat().st_mtime_ns, path))
    return (path for _, path in sorted(with_times, reverse=True))


@lru_cache(maxsize=256)
def _read(path: Path, _: object) -> dict[str, Any]:
    """What stands in the file; the second argument changes with it."""
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CnnvizError(
            say(
                "There is no experiment '{stem}'. It may have been deleted with its runs. Start a new one.",
                stem=path.stem,
            )
        ) from None
    except (OSError, ValueError):
        about = None
    if not isinstance(about, dict):
        raise CnnvizError(
            say(
                "The experiment '{stem}' cannot be read: its file is damaged. Start a new one.",
                stem=path.stem,
            )
        )
    return about


def _sweep(folder: Path) -> None:
    """Experiments whose runs have all been deleted to make room go too."""
    for path in _files(folder):
        with suppress(CnnvizError, OSError):
            if not open_experiment(path.stem).runs:
                path.unlink()
