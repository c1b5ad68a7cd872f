"""A skewed sample: a network that saw few images of some classes, against one that saw as many images, balanced. Whom does the
first fail? ``tools/run_bias.py`` makes the bundled result.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from cnnviz.settings import ASSETS
from cnnviz.training.outcomes import Spread
from cnnviz.training.spec import TrainingSpec
from cnnviz.words import say

FILE = ASSETS / "bias" / "clothes.json"
DATASET, LIMIT, EPOCHS = "fashion", 5000, 8
RARE, RARE_PERCENT, SEEDS = ("Coat", "Sneaker"), 5, 3
SKEWED, BALANCED = say("skewed"), say("balanced")


def bias_training(
    title: str, seed: int = 0, rare: Sequence[str] = RARE, percent: int = RARE_PERCENT
) -> TrainingSpec:
    """One of the two trainings; both have equally many images.

    Args:
        title: ``"skewed"`` or ``"balanced"``.
        rare: classes of which the skewed sample has few images.
        percent: how many of theirs it has, 1 to 100.
    """
    skewed = TrainingSpec(
        DATASET,
        "fast",
        EPOCHS,
        batch_size=64,
        limit=LIMIT,
        seed=seed,
        rare=tuple(rare),
        rare_share=percent / 100,
    )
    if title == SKEWED:
        return skewed
    return TrainingSpec(DATASET, "fast", EPOCHS, batch_size=64, limit=len(skewed.load("train")), seed=seed)


def recall(confusion: Sequence[Sequence[int]]) -> tuple[float, ...]:
    """Of each class the share of its images that are answered right: n_cc / Σ_j n_cj; 0 for a class without images.

    Args:
        confusion: (true class, predicted class) counts.
    """
    return tuple(row[label] / max(1, sum(row)) for label, row in enumerate(confusion))


def overall(confusion: Sequence[Sequence[int]]) -> float:
    """Share of all images that are answered right."""
    return sum(row[label] for label, row in enumerate(confusion)) / max(1, sum(map(sum, confusion)))


@dataclass(frozen=True)
class Recalls:
    """What the trainings of one sample came to.

    Attributes:
        by_class: recall of each class on the test images, over the seeds.
        accuracy: on all test images, over the seeds.
    """

    by_class: tuple[Spread, ...]
    accuracy: Spread

    @classmethod
    def of(cls, confusions: Sequence[Sequence[Sequence[int]]]) -> "Recalls":
        """Of one confusion matrix a seed."""
        columns = zip(*map(recall, confusions), strict=True)
        return cls(tuple(Spread.of(values) for values in columns), Spread.of([*map(overall, confusions)]))


@dataclass(frozen=True)
class Bias:
    """The bundled result.

    Attributes:
        classes: in the order of the recalls; ``rare``: those of which the skewed sample has few images.
        images: of either sample; ``percent``: of the rare classes in the skewed one; ``seeds``: trainings of each.
        found: ``"skewed"`` and ``"balanced"`` -> recalls.
    """

    classes: tuple[str, ...]
    rare: tuple[str, ...]
    images: int
    percent: int
    seeds: int
    found: Mapping[str, Recalls]


@cache
def bias_result() -> Bias:
    """What ``tools/run_bias.py`` measured."""
    about = json.loads(FILE.read_text(encoding="utf-8"))
    found: dict[str, Recalls] = {
        title: Recalls.of(about["confusions"][title]) for title in (SKEWED, BALANCED)
    }
    classes = bias_training(SKEWED).entry.classes
    return Bias(classes, tuple(about["rare"]), about["images"], about["percent"], about["seeds"], found)


def bias_code(rare: Sequence[str] = RARE, percent: int = RARE_PERCENT) -> str:
    """Both trainings and their recalls as a program."""
    return f"""from cnnviz.training import Trainer
from cnnviz.training.bias import bias_training, recall

recalls = {{}}
for title in ("{SKEWED}", "{BALANCED}"):
    trainer = Trainer(bias_training(title, seed=0, rare={tuple(rare)}, percent={percent}))
    while not trainer.done:
        trainer.step()
    recalls[title] = recall(trainer.record(validate=True).confusion)
    print(title, dict(zip(trainer.dataset.classes, recalls[title])))
"""
