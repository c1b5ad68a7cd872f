"""The learning-rate finder: one short training in which the rate grows at each step."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from cnnviz.training.loop import Trainer
from cnnviz.training.spec import TrainingSpec

LOW, HIGH, STEPS = 1e-5, 10.0, 100
SMOOTHING = 0.8
"""Share of the old mean in the running mean of the loss."""
TOO_LARGE = 3.0
"""The search ends where the mean loss is this many times its smallest value, or no number any more."""
SAFE = 3.0
"""Below the rate of the smallest loss by this factor: there the training is about to diverge."""


@dataclass(frozen=True)
class RateSearch:
    """What was tried.

    Attributes:
        rates: growing by the same factor from step to step.
        losses: of the batch at each of them; ``means``: their running mean.
        suggested: where the loss still falls fast; a third of the rate with the smallest mean.
        diverged: the rate at which the search ended early; ``None`` if it did not.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    means: tuple[float, ...]
    suggested: float
    diverged: float | None


def find_learning_rate(
    spec: TrainingSpec,
    low: float = LOW,
    high: float = HIGH,
    steps: int = STEPS,
    progress: Callable[[float], None] = lambda _: None,
) -> RateSearch:
    """Trains ``steps`` steps while the rate grows from ``low`` to ``high``, and looks where the loss falls fastest.

    Source: Smith, Cyclical learning rates for training neural networks, WACV 2017, section 3.3.

    Raises:
        CnnvizError: what is wrong with the specification.
    """
    trainer = Trainer(spec)
    factor = (high / low) ** (1 / (steps - 1))
    rates: list[float] = []
    losses: list[float] = []
    means: list[float] = []
    mean, diverged = 0.0, None
    for number in range(steps):
        progress(number / steps)
        rate = low * factor**number
        trainer.turn("learning_rate", min(rate, 1000.0))
        if trainer.step_count >= trainer.total_steps:
            trainer.step_count = 0  # a small data set: from its first batch again
        loss = trainer.step()
        mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
        smooth = mean / (1 - SMOOTHING ** (number + 1))
        if not math.isfinite(loss) or (means and smooth > TOO_LARGE * min(means)):
            diverged = rate
            break
        rates.append(rate)
        losses.append(loss)
        means.append(smooth)
    best = means.index(min(means))
    return RateSearch(tuple(rates), tuple(losses), tuple(means), float(f"{rates[best] / SAFE:.1g}"), diverged)
