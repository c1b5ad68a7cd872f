"""When a training ends before its last step: early stopping, and conditions of one's own."""

import math
from typing import Any

from cnnviz.training.spec import TrainingSpec
from cnnviz.words import from_json, say, to_json

JOULES_A_MULTIPLY_ADD = 3e-10
"""An estimate: a core that takes 10 watts does 3·10¹⁰ multiply-adds a second in such networks."""
PASSES = 3
"""Forward, and backward for the maps and for the weights."""


def joules(multiply_adds: int, images: int) -> float:
    """Energy of training with so many images, estimated from the multiply-adds of one forward pass."""
    return JOULES_A_MULTIPLY_ADD * PASSES * multiply_adds * images


class Stopping:
    """Hears of each step and each validation; ``reason`` says in a sentence why the training ends now.

    Attributes:
        reason: empty while it goes on.
        best_step, best_loss: of the validation with the smallest loss so far.
    """

    def __init__(self, spec: TrainingSpec, multiply_adds: int) -> None:
        self.spec = spec
        self.multiply_adds = multiply_adds
        self.reason = ""
        self.best_step, self.best_loss, self.worse = 0, math.inf, 0

    def worked(self, seconds: float, images: int) -> None:
        """After a step."""
        spec = self.spec
        if spec.stop_seconds is not None and seconds >= spec.stop_seconds:
            self.reason = say(
                "Stopped after {stop_seconds:g} seconds of work: that was the limit.",
                stop_seconds=spec.stop_seconds,
            )
        used = joules(self.multiply_adds, images)
        if spec.stop_joules is not None and used >= spec.stop_joules:
            self.reason = say(
                "Stopped after {stop_joules:g} joules (an estimate), as you asked.",
                stop_joules=spec.stop_joules,
            )

    def measured(self, step: int, loss: float, accuracy: float) -> None:
        """After a validation."""
        spec = self.spec
        if loss < self.best_loss:
            self.best_step, self.best_loss, self.worse = step, loss, 0
        else:
            self.worse += 1
        if spec.stop_accuracy is not None and accuracy >= spec.stop_accuracy:
            self.reason = say(
                "Stopped at a validation accuracy of {accuracy:.2%}, as you asked.", accuracy=accuracy
            )
        if spec.patience is not None and self.worse >= spec.patience:
            self.reason = say(
                "Stopped early: the validation loss was smallest at step {best_step} ({best_loss:.3f}) "
                "and has not fallen below it in {worse} validations since.",
                best_step=self.best_step,
                best_loss=self.best_loss,
                worse=self.worse,
            )

    def state(self) -> dict[str, Any]:
        """All that ``restore`` needs, as JSON has it."""
        return {
            "reason": self.reason,
            "said": to_json(self.reason),
            "best_step": self.best_step,
            "best_loss": None if math.isinf(self.best_loss) else self.best_loss,
            "worse": self.worse,
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.reason = from_json(state.get("said"), state.get("reason", ""))
        self.best_step, self.worse = state.get("best_step", 0), state.get("worse", 0)
        loss = state.get("best_loss")
        self.best_loss = math.inf if loss is None else loss
