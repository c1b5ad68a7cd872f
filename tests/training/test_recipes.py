import pytest

from cnnviz.data import DATASETS
from cnnviz.errors import CnnvizError
from cnnviz.training import Trainer, evaluate
from cnnviz.training.recipes import FASTEST, RECIPES, recipe


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_can_be_trained(name: str) -> None:
    spec = recipe(name, 3)
    spec.check()
    assert spec.seed == 3
    low, high = RECIPES[name].accuracy
    assert 0.8 < low <= high < 1


@pytest.mark.parametrize("goal", [goal for goal in FASTEST if goal < 0.99])
@pytest.mark.parametrize("seed", range(3))
def test_the_fastest_recipe_reaches_its_goal(goal: float, seed: int) -> None:
    trainer = Trainer(recipe(FASTEST[goal], seed))
    while not trainer.done:
        trainer.step()
    assert evaluate(trainer.network, trainer.validation).accuracy >= goal


@pytest.mark.parametrize("dataset", ["mnist", "fashion", "patches"])
def test_each_picture_set_has_a_recipe(dataset: str) -> None:
    assert dataset in DATASETS
    assert any(entry.spec.dataset == dataset for entry in RECIPES.values())


def test_an_unknown_recipe_gives_a_sentence() -> None:
    with pytest.raises(CnnvizError, match=r"There is no recipe 'best'\. Choose one of: mnist_quick"):
        recipe("best")
