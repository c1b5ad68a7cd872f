"""What a run may cost: bytes on disk for every run, and work and places in the queue for one started from a
browser.

All limits stand in ``cnnviz/settings.py``.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from cnnviz.data import DATASETS
from cnnviz.data.dataset import kept_of
from cnnviz.errors import CnnvizError
from cnnviz.permits import holds
from cnnviz.settings import settings
from cnnviz.training import queue
from cnnviz.training.plan import record_steps, snapshot_steps
from cnnviz.training.spec import TrainingSpec
from cnnviz.words import say

BYTES_A_WEIGHT = 4
OPTIMIZER_COPIES = 2
"""Numbers that an optimiser keeps for each weight, at most (Adam: two moments)."""
LAYER_BYTES = 400
"""Of a layer in a file of weights: names, shapes, and what is not a weight, such as running means."""
RANDOM_BYTES = 6_000
"""The state of torch's random numbers."""
RECORD_BYTES = 500
CONFUSION_BYTES = 6
FULL_IMAGES = 60_000
"""Training images of MNIST and Fashion-MNIST, as they are downloaded."""


@dataclass(frozen=True)
class Need:
    """An estimate of a run's folder, in bytes: ``snapshots`` files of ``snapshot`` bytes, and the rest."""

    snapshot: int
    snapshots: int
    rest: int

    @property
    def whole(self) -> int:
        return self.snapshots * self.snapshot + self.rest

    @property
    def least(self) -> int:
        """With the first and the last snapshot only."""
        return 2 * self.snapshot + self.rest


def images_of(spec: TrainingSpec) -> int:
    """Training images of one epoch."""
    entry = spec.entry
    part = len(entry.classes) / len(DATASETS[spec.dataset].classes)
    there = round(part * FULL_IMAGES) if spec.full else len(entry.bundled("train")[1])
    count = min(there, spec.limit or there)
    if spec.rare and not spec.full:
        labels = entry.bundled("train")[1][:count]
        rare = [entry.classes.index(name) for name in spec.rare]
        count = int(kept_of(labels, rare, spec.rare_share).sum())
    elif spec.rare:
        count = round(count * (1 - len(spec.rare) / len(entry.classes) * (1 - spec.rare_share)))
    return max(1, round(spec.share * count))


def need_of(spec: TrainingSpec) -> Need:
    """parameters × 4 bytes × snapshots, the checkpoint (weights and optimiser) and the records."""
    images = images_of(spec)
    steps = images // min(spec.batch_size, images) * spec.epochs
    plan, classes = spec.check(), len(spec.entry.classes)
    weights, layers = plan.parameters * BYTES_A_WEIGHT, len(plan) * LAYER_BYTES
    records = len(record_steps(steps)) * RECORD_BYTES + (spec.validations + 4) * classes**2 * CONFUSION_BYTES
    return Need(
        snapshot=weights + layers,
        snapshots=len(snapshot_steps(steps)),
        rest=(1 + OPTIMIZER_COPIES) * (weights + layers) + RANDOM_BYTES + records,
    )


def check_size(spec: TrainingSpec) -> Need:
    """The need of a run; raises CnnvizError if one run may not even have the least of it."""
    need, most = need_of(spec), settings().max_one_run_bytes
    if need.least > most:
        raise CnnvizError(
            say(
                "A run of this network needs at least {megabytes} on disk, but one run may have {megabytes2}. "
                "Choose a network with fewer parameters, or set CNNVIZ_MAX_ONE_RUN_BYTES higher.",
                megabytes=_megabytes(need.least),
                megabytes2=_megabytes(most),
            )
        )
    return need


def check_work(spec: TrainingSpec) -> None:
    """Raises CnnvizError if a run started from a browser would work longer than it may."""
    limits, images = settings(), images_of(spec)
    for what, an_image, most in (
        (say("training images would be seen"), 1, limits.max_browser_images),
        (say("multiply-adds would be done"), spec.check().multiply_adds, limits.max_browser_multiply_adds),
    ):
        work = spec.epochs * images * an_image
        if work <= most:
            continue
        epochs = most // (images * an_image)
        advice = (
            say("at most {epochs} epochs", epochs=epochs)
            if epochs
            else say("a smaller network or only the first {value:,} images", value=max(1, most // an_image))
        )
        raise CnnvizError(
            say(
                "In {epochs:,} epochs of {images:,} images {work:,} {what}, but a training started in the browser "
                "may have {most:,}. Choose {advice}. From Python there is no such limit.",
                epochs=spec.epochs,
                images=images,
                work=work,
                what=what,
                most=most,
                advice=advice,
            )
        )


def check_who(owner: str) -> None:
    """Raises CnnvizError if this browser may not start trainings. ``owner``: hash of its key; empty: not a browser."""
    limits = settings()
    if not owner or holds("owner", owner):
        return
    if limits.class_password and not holds("class", owner):
        raise CnnvizError(say("Enter the class password first: reload the page."))
    if limits.who_trains != "everyone":
        raise CnnvizError(
            say(
                "On this server only its owner starts trainings. Look at the example runs, at the runs that you get a link to, or "
                "install cnnviz on your own computer."
            )
        )


def within_time(spec: TrainingSpec, owner: str) -> TrainingSpec:
    """The specification, ended by itself after the longest time that the server's owner allows a browser."""
    most = settings().max_browser_seconds
    if not owner or not most or holds("owner", owner):
        return spec
    return replace(spec, stop_seconds=min(most, spec.stop_seconds or most))


def check_places(runs: Path, owner: str, more: int, working: int) -> None:
    """Raises CnnvizError if all browsers together have no places for ``more`` runs.

    Args:
        owner: hash of the browser's key.
        working: runs from browsers that are in a worker's hands.
    """
    most = settings().max_running
    if not owner or not most or holds("owner", owner):
        return
    now = working + sum(bool(queue.owner_of(runs, run_id)) for run_id in queue.waiting(runs))
    if now + more > most:
        raise CnnvizError(
            say(
                "{now} trainings wait or train on this server, and it takes {most} at one time. Wait until some have ended.",
                now=now,
                most=most,
            )
            if now
            else say(
                "These are {more} trainings, and this server takes {most} at one time. Choose fewer.",
                more=more,
                most=most,
            )
        )


def check_waiting(runs: Path, owner: str, more: int) -> None:
    """Raises CnnvizError if ``more`` runs of this browser do not fit into the queue. ``owner``: hash of its
    key.
    """
    if not owner or holds("owner", owner):
        return
    most, now = settings().max_browser_waiting, queue.waiting_of(runs, owner)
    if now + more > most:
        there = (
            say("{now} trainings of this browser wait already", now=now)
            if now
            else say("These are {more} trainings", more=more)
        )
        advice = say("Wait until some have ended, or stop some") if now else "Choose fewer"
        raise CnnvizError(
            say(
                "{there}, and one browser may have {most} in the queue. {advice}.",
                there=there,
                most=most,
                advice=advice,
            )
        )


def no_room(what: str, needed: int, free: int, most: int) -> CnnvizError:
    return CnnvizError(
        say(
            "There is no room for this training: it needs {megabytes}, and of the {megabytes2} {what} "
            "{megabytes3} are left. Stop or finish runs so that old ones can go, or choose a network with fewer parameters.",
            megabytes=_megabytes(needed),
            megabytes2=_megabytes(most),
            what=what,
            megabytes3=_megabytes(max(0, free)),
        )
    )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size < 10e6 else f"{size / 1e6:,.0f} MB"
