"""The bundled results of the tricks: they can be made again, and they show what the words beside them say."""

import pytest

from cnnviz.errors import CnnvizError
from cnnviz.training import Trainer, evaluate
from cnnviz.training.outcomes import Outcome
from cnnviz.training.recorded import (
    ENSEMBLE_IMAGES,
    MEMBERS,
    ensemble_training,
    ensembles,
    recorded,
    views_network,
    views_training,
)
from cnnviz.training.tricks import SEEDS, TRICKS
from tools.run_tricks import record


def by_title(trick: str) -> dict[str, Outcome]:
    return {one.title: one for one in recorded(trick)}


@pytest.mark.parametrize("name", list(TRICKS))
def test_each_trick_has_its_result_for_every_training_and_seed(name: str) -> None:
    found = by_title(name)
    assert list(found) == list(TRICKS[name].runs)
    for one in found.values():
        assert [course.seed for course in one.courses] == list(range(SEEDS))
        assert all(course.steps[0] == 0 for course in one.courses)
        assert 0 <= one.accuracy.low <= one.accuracy.high <= 1


@pytest.mark.parametrize(
    ("trick", "title"),
    [
        ("regularisation", "Early stopping"),
        ("pooling", "Strides instead"),
    ],
)
def test_a_result_is_that_of_its_training(trick: str, title: str) -> None:
    made = record(TRICKS[trick].training(title, 1), look_at_shifts=TRICKS[trick].look == "shift")
    kept = next(course for course in by_title(trick)[title].courses if course.seed == 1)
    assert tuple(made["steps"]) == kept.steps
    # Another processor adds in another order.
    assert made["accuracy"][-1] == pytest.approx(kept.accuracy[-1], abs=0.03)
    assert made["loss"][-1] == pytest.approx(kept.loss[-1], rel=0.2, abs=0.02)
    for name, values in kept.measured.items():
        assert made["measured"][name] == pytest.approx(values, abs=0.04)


def test_he_keeps_the_signal_and_xavier_half_of_it() -> None:
    found = by_title("initialisation")
    assert found["He"].accuracy.low > found["Xavier"].accuracy.high
    for title in ("All zero", "Too small (0.001)", "Too large (1)", "PyTorch's own"):
        assert found[title].accuracy.high < 0.15


def test_every_normalisation_repairs_what_none_cannot_learn() -> None:
    found = by_title("normalisation")
    others = [one for title, one in found.items() if title != "None"]
    assert len(others) == 4
    assert all(one.accuracy.low > found["None"].accuracy.high + 0.5 for one in others)


def test_dropout_has_the_smaller_gap_on_500_images() -> None:
    found = by_title("regularisation")

    def gap(title: str) -> float:
        return found[title].measured_mean("fitted")[0] - found[title].accuracy.mean

    assert gap("Dropout (0.5)") < gap("Nothing") - 0.005
    early = found["Early stopping"].courses
    assert all(course.steps[-1] < found["Nothing"].courses[0].steps[-1] for course in early)


def test_pooling_helps_and_bears_shifts() -> None:
    found = by_title("pooling")
    pooled, strided = found["Max pooling"], found["Strides instead"]
    assert pooled.accuracy.low > strided.accuracy.high
    assert all(
        a > b for a, b in zip(pooled.measured_mean("shift"), strided.measured_mean("shift"), strict=True)
    )
    assert found["Max pooling, dropout behind"].accuracy.mean > pooled.accuracy.mean


def test_a_flip_helps_clothes_and_hurts_digits() -> None:
    clothes, digits = by_title("augmentation"), by_title("flip")
    assert clothes["Flip"].accuracy.low > clothes["None"].accuracy.high
    assert digits["Flip"].accuracy.high < digits["None"].accuracy.low


def test_the_rate_that_a_batch_bears_grows_with_it() -> None:
    found = {title: one.accuracy for title, one in by_title("batch_size").items()}
    assert found["batch 16, rate 3"].low < 0.5 < 0.97 < found["batch 16, rate 1"].low
    assert found["batch 64, rate 3"].low > found["batch 64, rate 0.1"].high
    assert found["batch 256, rate 3"].low > 0.9


def test_more_data_is_better_and_random_labels_are_fitted_for_nothing() -> None:
    sizes = [one.accuracy.mean for one in recorded("data_size")]
    assert sizes == sorted(sizes)
    random = by_title("noise")["100% random"]
    assert random.measured_mean("fitted")[0] > 0.98
    assert random.accuracy.high < 0.2


def test_the_ensembles_are_better_than_their_members() -> None:
    for kind, (answers, labels) in ensembles().items():
        assert answers.shape == (MEMBERS, ENSEMBLE_IMAGES, 10)
        alone = [(one.argmax(1) == labels).float().mean().item() for one in answers]
        together = (answers.mean(0).argmax(1) == labels).float().mean().item()
        assert together > sum(alone) / len(alone), kind


def test_a_member_of_the_ensemble_can_be_trained_again() -> None:
    trainer = Trainer(ensemble_training(3))
    while not trainer.done:
        trainer.step()
    accuracy = evaluate(trainer.network, trainer.validation).accuracy
    answers, labels = ensembles()["seeds"]
    assert accuracy == pytest.approx((answers[3].argmax(1) == labels).float().mean().item(), abs=0.03)


def test_the_networks_of_the_views_are_trained() -> None:
    for augmented in (False, True):
        test = views_training(augmented).load("test")
        assert evaluate(views_network(augmented), test).accuracy > 0.83


def test_an_unknown_trick_is_a_sentence() -> None:
    with pytest.raises(CnnvizError, match="There is no trick “magic”"):
        recorded("magic")
