"""What a training process does with a run folder: ``work(path)``, from the start or from the checkpoint, to
the end.
"""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from cnnviz.errors import CnnvizError
from cnnviz.settings import settings
from cnnviz.training.budget import Need, need_of
from cnnviz.training.data_seen import data_digest, replaced_words, seen_from
from cnnviz.training.folder import STOPPED, Change, Command, RunFolder, State, Status
from cnnviz.training.lease import Holder, renewed, this_process
from cnnviz.training.loop import Trainer
from cnnviz.training.plan import record_steps, snapshot_steps, validation_steps
from cnnviz.training.snapshots import SnapshotWriter
from cnnviz.training.spec import check_knob
from cnnviz.words import one_after_another, say, sentence_of

CHECKPOINT_SECONDS = 2.0
STATUS_SECONDS = 0.2
POLL_SECONDS = 0.01
LOCK_SECONDS = 10.0
"""Who else holds a run's lock holds it for a moment, or is a worker."""
Checkpoint = tuple[dict[str, torch.Tensor], dict[str, str]]
TARGETS: dict[str, State] = {"run": "running", "pause": "paused", "stop": "stopped"}


def work(path: str, somebody_waits: Callable[[], bool] = lambda: False, ticket: Path | None = None) -> None:
    """Trains the run in ``path`` until it is finished, stopped, diverged, or paused for long.

    Args:
        somebody_waits: whether another run waits for this process; then a pause gives the process back at
            once.
        ticket: what gives the right to begin; torn up after the first word. ``None``: nobody else knows of
            the run.
    """
    folder = RunFolder(Path(path))
    with folder.writing(LOCK_SECONDS) as mine:
        if mine and (ticket is None or ticket.exists()):
            with renewed(folder.path):
                _work(folder, somebody_waits, ticket)
    if ticket is not None:
        ticket.unlink(missing_ok=True)


def _work(folder: RunFolder, somebody_waits: Callable[[], bool], ticket: Path | None) -> None:
    try:
        if _is_wanted(folder):
            Worker(folder, somebody_waits, ticket).run()
    except CnnvizError as error:
        _fail(folder, sentence_of(error))
    except OSError as error:
        _fail(
            folder,
            say(
                "The run could not be written to disk: {strerror}. Free some space, then press Resume.",
                strerror=error.strerror or error,
            ),
        )
    except (RuntimeError, MemoryError) as error:
        _fail(
            folder,
            say(
                "PyTorch stopped the training: {splitline}. Try a smaller batch size or network.",
                splitline=str(error).splitlines()[0],
            ),
        )
    except Exception as error:
        _fail(
            folder,
            say(
                "The training ended by a fault in cnnviz ({name}). Press Resume, or start a new run.",
                name=type(error).__name__,
            ),
        )
        raise


def _is_wanted(folder: RunFolder) -> bool:
    """Whether there is something to do: a ticket may come a second time, after its run was paused or has
    ended.
    """
    if folder.status().state in ("queued", "running", "interrupted"):
        return True
    return any(command and command.do in ("run", "step") for _, command in folder.commands())


def _fail(folder: RunFolder, message: str) -> None:
    folder.set_status(replace(folder.status(), state="failed", message=message).held_by(Holder()))


class Worker:
    """One run in this process, which holds the run's lock."""

    def __init__(self, folder: RunFolder, somebody_waits: Callable[[], bool], ticket: Path | None) -> None:
        self.folder = folder
        self.somebody_waits = somebody_waits
        self.process = this_process()
        self.message = self.replaced = ""
        before = folder.status()
        self.goal = 0
        """Where a paused run pauses again."""
        self._write_status("running", before.step, before.total_steps)
        if ticket is not None:
            ticket.unlink(missing_ok=True)
        spec = folder.spec()
        torch.set_num_threads(spec.threads)
        self.trainer = trainer = Trainer(spec)
        self.records = record_steps(trainer.total_steps)
        self.keeps = snapshot_steps(trainer.total_steps)
        self.validates = validation_steps(trainer.total_steps, spec.validations)
        self.target: State = "running"
        self.changes = folder.changes()
        self.checkpoint_time = self.status_time = time.monotonic()
        self.last_recorded = self.last_kept = -1
        saved = folder.checkpoint()
        self.replaced = self._note_data(saved)
        if saved:
            self._restore(saved)
            self.last_recorded = int(json.loads(saved[1]["written"]))
        folder.forget_after(trainer.step_count if saved else -1)
        self.kept = folder.snapshot_bytes()
        self.snapshots = SnapshotWriter(folder)
        self.need: Need = need_of(spec)
        self.share: int | None = folder.about().get("bytes")
        old_rate = folder.old_rate()
        if old_rate is not None and old_rate not in [change.value for change in self.changes]:
            self._turn("learning_rate", old_rate)

    def _note_data(self, saved: Checkpoint | None) -> str:
        """Writes down which images are learned from; a sentence if they are others than before."""
        spec = self.trainer.spec
        step = int(json.loads(saved[1]["numbers"])["step"]) if saved else 0
        before = self.folder.data_seen()
        seen = seen_from(before, step, data_digest(spec))
        if seen != before:
            self.folder.note_data(seen)
        return replaced_words(spec.dataset, seen)

    def _restore(self, saved: Checkpoint) -> None:
        try:
            self.trainer.restore(*saved)
        except (RuntimeError, ValueError):
            if not self.replaced:
                raise
            raise CnnvizError(
                say(
                    "The data set '{dataset}' was replaced by another one, whose classes or image size differ: the weights of "
                    "this run do not fit any more. Start a new run.",
                    dataset=self.trainer.spec.dataset,
                )
            ) from None

    def run(self) -> None:
        try:
            self._run()
        finally:
            self.snapshots.close()

    def _run(self) -> None:
        trainer = self.trainer
        self._say("running")
        if trainer.step_count == 0:
            self._write(validate=True)
        while not trainer.done:
            self._read_commands()
            if self.target == "stopped":
                self._end("stopped", STOPPED)
                return
            if self.target == "paused" and trainer.step_count >= self.goal:
                if not self._pause():
                    return
                continue
            self._replay_changes()
            loss = trainer.step()
            if loss - loss != 0:
                self._diverge(trainer.step_count + 1)
                return
            step = trainer.step_count
            by_hand = self.target == "paused"
            if (
                step in self.records or step in self.validates or step in self.keeps or by_hand
            ) and not self._write(validate=step in self.validates, keep=step in self.keeps or by_hand):
                return
            now = time.monotonic()
            if now - self.checkpoint_time > CHECKPOINT_SECONDS:
                self._checkpoint()
                self.checkpoint_time = now
            if now - self.status_time > STATUS_SECONDS:
                self._say(self.target)
                self.status_time = now
        self._end("finished", trainer.stopping.reason)

    def _write(self, validate: bool, keep: bool = True) -> bool:
        """A line of metrics, and the weights if ``keep``. False if the weights are not finite: then the run
        has ended.
        """
        step = self.trainer.step_count
        if keep and step != self.last_kept:
            copy = self.snapshots.copy(self.trainer.weights_now)
            if not copy.finite:
                self._diverge(step)
                return False
            if self._has_room(step):
                self.snapshots.write(step, copy)
                if self.target == "paused":
                    self.snapshots.flush()  # whoever made single steps looks at each
                self.last_kept = step
                self.kept[step] = self.need.snapshot
        if step > self.last_recorded:
            self.folder.add_metric(self.trainer.record(validate))
            self.last_recorded = step
        return True

    def _has_room(self, step: int) -> bool:
        """Whether the run's share of the disk holds one more snapshot; if it does not, every second one
        goes.
        """
        if self.share is None:
            return True
        others = {kept: size for kept, size in self.kept.items() if kept != step}
        room = self.share - self.need.rest - self.need.snapshot
        while sum(others.values()) > room:
            self.message = say(
                "The weights of fewer steps are kept: this run has filled its share of {share:,.0f} MB. "
                "A smaller network has room for all of them.",
                share=self.share / 1000000.0,
            )
            going = sorted(others)[1::2]
            if not going:
                return False
            self.snapshots.flush()
            for old in going:
                self.folder.forget_snapshot(old)
                del others[old], self.kept[old]
        return True

    def _read_commands(self) -> None:
        for path, command in self.folder.commands():
            if command is not None:
                self._obey(command)
            path.unlink(missing_ok=True)

    def _obey(self, command: Command) -> None:
        step = self.trainer.step_count
        if command.do == "rate":
            self._turn("learning_rate", command.learning_rate)
        elif command.do == "turn":
            self._turn(command.knob, command.value)
        elif command.do == "step":
            self.goal = min(max(self.goal, step, command.shown) + command.steps, self.trainer.total_steps)
            self.target = "paused"
            self._say("paused")
        else:
            self.target = TARGETS[command.do]
            self.goal = step

    def _turn(self, knob: str, value: float | None) -> None:
        try:
            check_knob(knob, value)
        except CnnvizError:
            return  # what is in the inbox may come from anywhere
        change = Change(self.trainer.step_count, knob, value)
        self.changes = [old for old in self.changes if old.step <= change.step] + [change]
        self.folder.add_change(change)

    def _replay_changes(self) -> None:
        """What was set by hand takes effect at the step at which it was set, also when the run is resumed
        before it.
        """
        for change in self.changes:
            if change.step <= self.trainer.step_count:
                self.trainer.turn(change.knob, change.value)

    def _pause(self) -> bool:
        """Waits until asked to go on. False if the process was given back; resuming then starts from the
        checkpoint.
        """
        self._write(validate=False)
        self._checkpoint()
        self._say("paused")
        patience = time.monotonic() + settings().pause_seconds
        while not self.folder.commands():
            if time.monotonic() > patience or self.somebody_waits():
                self._say("paused", given_back=True)
                # Who commands writes first and looks for a process then; so one of the two sees the other.
                if not self.folder.commands():
                    return False
                self._say("paused")
                break
            time.sleep(POLL_SECONDS)
        self._read_commands()
        if self.target == "running":
            self._say("running")
        return True

    def _end(self, state: State, message: str) -> None:
        if self._write(validate=self.trainer.done):
            self._checkpoint()
            self._say(state, message)

    def _diverge(self, step: int) -> None:
        self.snapshots.flush()
        kept = self.folder.steps()
        rate = self.trainer.learning_rate
        self._say(
            "diverged",
            say(
                "The loss is no longer a number at step {step}: the weights grew without bound (learning rate {rate:g}). "
                "The last good weights, of step {kept}, are kept. "
                "Try a learning rate of {rate2:.2g}, or a network with batch norm.",
                step=step,
                rate=rate,
                kept=kept[-1] if kept else 0,
                rate2=rate / 10,
            ),
        )

    def _checkpoint(self) -> None:
        self.snapshots.flush()
        tensors, texts = self.trainer.state()
        self.folder.save_checkpoint(tensors, {**texts, "written": str(self.last_recorded)})

    def _say(self, state: State, message: str = "", given_back: bool = False) -> None:
        self._write_status(state, self.trainer.step_count, self.trainer.total_steps, message, given_back)

    def _write_status(
        self, state: State, step: int, total: int, message: str = "", given_back: bool = False
    ) -> None:
        said = one_after_another(message, self.replaced, self.message)
        status = Status(state, step, total, said, goal=self.goal)
        self.folder.set_status(status if given_back else status.held_by(self.process))
