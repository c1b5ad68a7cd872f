"""Trainings that do well on the bundled data, one entry each; found by trying, and measured over five seeds
(``benchmarks/recipes.py``).
"""

from dataclasses import dataclass, replace

from cnnviz.errors import CnnvizError
from cnnviz.training.spec import TrainingSpec


@dataclass(frozen=True)
class Recipe:
    """A training to begin with.

    Attributes:
        words: what it is good for, and what its settings do.
        accuracy: of the test split at the end, the lowest and the highest of the seeds 0 to 4.
    """

    name: str
    title: str
    words: str
    spec: TrainingSpec
    accuracy: tuple[float, float]

    @property
    def result(self) -> str:
        """The accuracy in words."""
        low, high = self.accuracy
        return f"{low:.1%} to {high:.1%} of the test images"


RECIPES: dict[str, Recipe] = {
    entry.name: entry
    for entry in (
        Recipe(
            name="mnist_quick",
            title="98 % in one epoch",
            words="Small batches make many steps of one epoch; one cycle ends with a small rate.",
            spec=TrainingSpec("mnist", "fast", 1, 64, learning_rate=0.2),
            accuracy=(0.983, 0.986),
        ),
        Recipe(
            name="mnist_best",
            title="99 %",
            words="The same with eight epochs.",
            spec=TrainingSpec("mnist", "fast", 8, 64, learning_rate=0.2),
            accuracy=(0.99, 0.992),
        ),
        Recipe(
            name="fashion_best",
            title="Best of Fashion-MNIST",
            words="Skips and batch norm let more layers learn.",
            spec=TrainingSpec("fashion", "mini_resnet", 5, 64, learning_rate=0.2),
            accuracy=(0.9, 0.91),
        ),
        Recipe(
            name="patches_best",
            title="Best of the patches",
            words="Skips and batch norm let more layers learn; a mirrored tissue is the same tissue.",
            spec=TrainingSpec("patches", "mini_resnet", 10, 64, learning_rate=0.2, augmentation="flip"),
            accuracy=(0.95, 0.97),
        ),
    )
}
FASTEST = {0.97: "mnist_quick", 0.98: "mnist_quick", 0.99: "mnist_best"}
"""Test accuracy on MNIST -> the recipe that reaches it first."""


def recipe(name: str, seed: int = 0) -> TrainingSpec:
    """The specification of a recipe.

    Raises:
        CnnvizError: there is no such recipe.
    """
    if name not in RECIPES:
        raise CnnvizError(f"There is no recipe '{name}'. Choose one of: {', '.join(RECIPES)}.")
    return replace(RECIPES[name].spec, seed=seed)
