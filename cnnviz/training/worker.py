"""What a training process does with a run folder: ``work(path)``, from the start or from the checkpoint, to the end."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from cnnviz.errors import CnnvizError
from cnnviz.settings import settings
from cnnviz.training.folder import Control, RateChange, RunFolder, State, Status, this_process
from cnnviz.training.loop import Trainer
from cnnviz.training.plan import record_steps, snapshot_steps, validation_steps

CHECKPOINT_SECONDS = 2.0
STATUS_SECONDS = 0.2
POLL_SECONDS = 0.01


def work(path: str, somebody_waits: Callable[[], bool] = lambda: False) -> None:
    """Trains the run in ``path`` until it is finished, stopped, diverged, or paused for long.

    Args:
        somebody_waits: whether another run waits for this process; then a pause gives the process back at once.
    """
    folder = RunFolder(Path(path))
    try:
        Worker(folder, somebody_waits).run()
    except CnnvizError as error:
        _fail(folder, str(error))
    except OSError as error:
        _fail(folder, f"The run could not be written to disk: {error.strerror or error}. Free some space, then press Resume.")
    except (RuntimeError, MemoryError) as error:
        _fail(folder, f"PyTorch stopped the training: {str(error).splitlines()[0]}. Try a smaller batch size or network.")


def _fail(folder: RunFolder, message: str) -> None:
    folder.set_status(replace(folder.status(), state="failed", message=message))


class Worker:
    """One run in this process."""

    def __init__(self, folder: RunFolder, somebody_waits: Callable[[], bool]) -> None:
        self.folder = folder
        self.somebody_waits = somebody_waits
        self.process = this_process()
        spec = folder.spec()
        torch.set_num_threads(spec.threads)
        self._say("running", folder.status().step, folder.status().total_steps)
        self.trainer = trainer = Trainer(spec)
        self.records = record_steps(trainer.total_steps)
        self.keeps = snapshot_steps(trainer.total_steps)
        self.validates = validation_steps(trainer.total_steps, spec.validations)
        self.changes = folder.rate_changes()
        self.control = Control()
        self.control_stamp = -1
        self.checkpoint_time = self.status_time = time.monotonic()
        self.last_recorded = -1
        saved = folder.checkpoint()
        if saved:
            trainer.restore(*saved)
            self.last_recorded = int(json.loads(saved[1]["written"]))
        folder.forget_after(trainer.step_count if saved else -1)

    def run(self) -> None:
        trainer = self.trainer
        self._say("running")
        if trainer.step_count == 0:
            self._write(validate=True)
        while not trainer.done:
            self._read_control()
            if self.control.target == "stop":
                self._end("stopped", "Stopped.")
                return
            if self.control.target == "pause" and trainer.step_count >= self.control.run_until:
                if not self._pause():
                    return
                continue
            self._replay_rates()
            loss = trainer.step()
            if loss - loss != 0:
                self._diverge(trainer.step_count + 1)
                return
            step = trainer.step_count
            by_hand = self.control.target == "pause"
            if (step in self.records or step in self.validates or step in self.keeps or by_hand) and not self._write(
                validate=step in self.validates, keep=step in self.keeps or by_hand
            ):
                return
            now = time.monotonic()
            if now - self.checkpoint_time > CHECKPOINT_SECONDS:
                self._checkpoint()
                self.checkpoint_time = now
            if now - self.status_time > STATUS_SECONDS:
                self._say("paused" if by_hand else "running")
                self.status_time = now
        self._end("finished", "")

    def _write(self, validate: bool, keep: bool = True) -> bool:
        """A line of metrics, and the weights if ``keep``. False if the weights are not finite: then the run has ended."""
        step = self.trainer.step_count
        if keep:
            weights = self.trainer.weights()
            if not all(bool(torch.isfinite(value).all()) for value in weights.values()):
                self._diverge(step)
                return False
            self.folder.save_snapshot(step, weights)
        if step > self.last_recorded:
            self.folder.add_metric(self.trainer.record(validate))
            self.last_recorded = step
        return True

    def _read_control(self) -> None:
        stamp = self.folder.control_stamp()
        if stamp == self.control_stamp:
            return
        self.control_stamp = stamp
        self.control = self.folder.control()
        newest = max((change.serial for change in self.changes), default=0)
        if self.control.learning_rate is not None and self.control.serial > newest:
            change = RateChange(self.trainer.step_count, self.control.learning_rate, self.control.serial)
            self.changes = [old for old in self.changes if old.step <= change.step] + [change]
            self.folder.add_rate_change(change)

    def _replay_rates(self) -> None:
        """Rates set by hand take effect at the step at which they were set, also when the run is resumed before it."""
        for change in self.changes:
            if change.step <= self.trainer.step_count:
                self.trainer.own_learning_rate = change.learning_rate

    def _pause(self) -> bool:
        """Waits until asked to go on. False if the process was given back; resuming then starts from the checkpoint."""
        self._write(validate=False)
        self._checkpoint()
        self._say("paused")
        patience = time.monotonic() + settings().pause_seconds
        while True:
            time.sleep(POLL_SECONDS)
            self._read_control()
            if self.control.target != "pause" or self.control.run_until > self.trainer.step_count:
                self._say("running" if self.control.target == "run" else "paused")
                return True
            if time.monotonic() > patience or self.somebody_waits():
                self._say("paused", process={"pid": 0, "pid_started": 0.0})
                return False

    def _end(self, state: State, message: str) -> None:
        if self._write(validate=self.trainer.done):
            self._checkpoint()
            self._say(state, message=message)

    def _diverge(self, step: int) -> None:
        kept = self.folder.steps()
        rate = self.trainer.learning_rate
        self._say(
            "diverged",
            message=f"The loss is no longer a number at step {step}: the weights grew without bound (learning rate {rate:g}). "
            f"The last good weights, of step {kept[-1] if kept else 0}, are kept. "
            f"Try a learning rate of {rate / 10:.2g}, or a network with batch norm.",
        )

    def _checkpoint(self) -> None:
        tensors, texts = self.trainer.state()
        self.folder.save_checkpoint(tensors, {**texts, "written": str(self.last_recorded)})

    def _say(
        self, state: State, step: int | None = None, total: int | None = None, message: str = "", process: dict[str, float] | None = None
    ) -> None:
        step = self.trainer.step_count if step is None else step
        total = self.trainer.total_steps if total is None else total
        owner = process if process is not None else self.process
        self.folder.set_status(Status(state, step, total, message, int(owner["pid"]), owner["pid_started"]))
