"""Trainings that do well on the bundled data, one entry each; found by trying, and measured over five seeds
(``benchmarks/recipes.py``).
"""

from dataclasses import dataclass, replace

from cnnviz.errors import CnnvizError
from cnnviz.training.spec import TrainingSpec
from cnnviz.words import say, say_many


@dataclass(frozen=True)
class Recipe:
    """A training to begin with.

    Attributes:
        words: what it is good for, and what its settings do.
        accuracy: of the test split at the end, the lowest and the highest of the seeds 0 to 4.
    """

    name: str
    words: str
    spec: TrainingSpec
    accuracy: tuple[float, float]

    @property
    def title(self) -> str:
        """What it reaches, and after how long."""
        low, high = self.accuracy
        return say_many(
            "{low:.1%} to {high:.1%} in {count} epoch",
            "{low:.1%} to {high:.1%} in {count} epochs",
            self.spec.epochs,
            low=low,
            high=high,
        )


RECIPES: dict[str, Recipe] = {
    entry.name: entry
    for entry in (
        Recipe(
            name="mnist_quick",
            words="Small batches make many steps of one epoch; one cycle ends with a small rate.",
            spec=TrainingSpec("mnist", "fast", 1, 64, learning_rate=0.2),
            accuracy=(0.983, 0.986),
        ),
        Recipe(
            name="mnist_sprint",
            words="A larger rate and batches a little larger: first at 97 %, a little later at 98 %.",
            spec=TrainingSpec("mnist", "fast", 1, 80, learning_rate=0.3),
            accuracy=(0.983, 0.984),
        ),
        Recipe(
            name="mnist_short",
            words="With 85 % of the images the cycle of the rate ends sooner: first at 98 %.",
            spec=TrainingSpec("mnist", "fast", 1, 80, learning_rate=0.3, share=0.85),
            accuracy=(0.981, 0.984),
        ),
        Recipe(
            name="mnist_best",
            words="The same with eight epochs: only the last images need so many.",
            spec=TrainingSpec("mnist", "fast", 8, 64, learning_rate=0.2),
            accuracy=(0.99, 0.992),
        ),
        Recipe(
            name="fashion_best",
            words="Skips and batch norm let more layers learn.",
            spec=TrainingSpec("fashion", "mini_resnet", 5, 64, learning_rate=0.2),
            accuracy=(0.899, 0.91),
        ),
        Recipe(
            name="patches_best",
            words="Skips and batch norm let more layers learn; a mirrored photo shows the same.",
            spec=TrainingSpec("patches", "mini_resnet", 10, 64, learning_rate=0.2, augmentation="flip"),
            accuracy=(0.94, 0.967),
        ),
    )
}
FASTEST = {0.97: "mnist_sprint", 0.98: "mnist_short", 0.99: "mnist_best"}
"""Test accuracy on MNIST -> the recipe that reaches it first."""


def recipe(name: str, seed: int = 0) -> TrainingSpec:
    """The specification of a recipe.

    Raises:
        CnnvizError: there is no such recipe.
    """
    if name not in RECIPES:
        raise CnnvizError(
            say(
                "There is no recipe '{name}'. Choose one of: {recipes}.",
                name=name,
                recipes=", ".join(RECIPES),
            )
        )
    return replace(RECIPES[name].spec, seed=seed)
