"""Which images a run learned from, by their hash: a data set of one's own may be replaced under its name."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from cnnviz.data.source import DataSource
from cnnviz.training.spec import TrainingSpec
from cnnviz.training.tasks import TASKS
from cnnviz.words import say


@dataclass(frozen=True)
class DataSeen:
    """From ``step`` on the run learned from the images and labels with this ``digest``."""

    step: int
    digest: str


def data_digest(spec: TrainingSpec) -> str:
    """SHA-256 of the training images and labels that a specification uses now, in hexadecimal digits."""
    about = spec.entry.digest
    return _digest(
        TrainingSpec(
            spec.dataset,
            limit=spec.limit,
            full=spec.full,
            classes=spec.classes,
            share=spec.share,
            rare=spec.rare,
            rare_share=spec.rare_share,
        ),
        TASKS[spec.task].wants if about else "",
        about,
    )


@lru_cache(maxsize=64)
def _digest(spec: TrainingSpec, wants: str, _about: str) -> str:
    # With the targets of images of one's own; those of scenes are as fixed as the scenes.
    return DataSource.of(spec.load("train")).split_digest("train", (wants,) if wants else ())


def seen_from(seen: Sequence[DataSeen], step: int, digest: str) -> list[DataSeen]:
    """What a run has seen when it goes on at ``step`` with the images of ``digest``."""
    before = [one for one in seen if one.step < step]
    return before if before and before[-1].digest == digest else [*before, DataSeen(step, digest)]


def replaced_words(dataset: str, seen: Sequence[DataSeen]) -> str:
    """A sentence, if the data set was replaced in mid-run; else nothing."""
    if len(seen) < 2:
        return ""
    steps = ", ".join(f"{one.step:,}" for one in seen[1:])
    return say(
        "The data set '{dataset}' was replaced by another one of the same name: from step {steps} on this run learned from "
        "other images. Start a new run to train on one of them alone.",
        dataset=dataset,
        steps=steps,
    )
