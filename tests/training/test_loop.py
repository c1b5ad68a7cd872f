import pytest
import torch
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss
from torch import nn

from cnnviz.data import load
from cnnviz.errors import CnnvizError
from cnnviz.features import probabilities
from cnnviz.models import PRESETS
from cnnviz.models.variants import with_fixed_kernel
from cnnviz.training import OPTIMIZERS, SCHEDULES, Trainer, TrainingSpec, evaluate
from cnnviz.training.loop import build_for
from cnnviz.training.plan import record_steps, snapshot_steps, validation_steps


def trained(spec: TrainingSpec, steps: int | None = None) -> Trainer:
    trainer = Trainer(spec)
    while not trainer.done and (steps is None or trainer.step_count < steps):
        trainer.step()
    return trainer


def same_weights(one: nn.Module, other: nn.Module) -> bool:
    return all(
        torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    )


def test_evaluation_is_that_of_scikit_learn() -> None:
    test = load("digits", "test")
    network = trained(TrainingSpec("digits", "tiny", epochs=2)).network
    measured = evaluate(network, test)
    answers = probabilities(network, test.floats()).double().numpy()
    answers /= answers.sum(axis=1, keepdims=True)
    assert measured.confusion == confusion_matrix(test.labels, answers.argmax(1), labels=range(10)).tolist()
    assert measured.accuracy == pytest.approx(accuracy_score(test.labels, answers.argmax(1)))
    assert measured.loss == pytest.approx(log_loss(test.labels, answers), rel=1e-4)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_default_recipe_reads_95_percent_of_mnist_after_one_third_of_its_steps(seed: int) -> None:
    trainer = trained(TrainingSpec("mnist", seed=seed), steps=156)
    assert trainer.record(validate=True).val_accuracy > 0.95


def test_same_specification_same_bits() -> None:
    spec = TrainingSpec("digits", "tiny", epochs=1, seed=3)
    assert same_weights(trained(spec).network, trained(spec).network)
    assert not same_weights(
        trained(spec).network, trained(TrainingSpec("digits", "tiny", epochs=1, seed=4)).network
    )


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
def test_a_restored_trainer_goes_on_as_if_it_had_never_stopped(optimizer: str) -> None:
    spec = TrainingSpec("digits", "tiny", epochs=2, optimizer=optimizer)
    whole = trained(spec)
    half = trained(spec, steps=13)
    tensors, texts = half.state()
    torch.manual_seed(99)
    later = Trainer(spec)
    later.restore(tensors, texts)
    while not later.done:
        later.step()
    assert same_weights(whole.network, later.network)


@pytest.mark.parametrize("name", list(SCHEDULES))
def test_the_code_of_a_schedule_is_its_function(name: str) -> None:
    import math

    for p in (0.0, 0.1, 0.2, 0.5, 0.99):
        assert eval(SCHEDULES[name].code, {"math": math, "p": p, "max": max, "min": min}) == pytest.approx(
            SCHEDULES[name].factor(p)
        )


def test_gradient_norms_are_those_of_autograd() -> None:
    trainer = trained(TrainingSpec("digits", "tiny", epochs=1), steps=3)
    expected = nn.utils.get_total_norm([trainer.network.conv1.weight.grad, trainer.network.conv1.bias.grad])
    assert trainer.record(validate=False).gradient_norm["conv1"] == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize("total", [1, 5, 24, 25, 119, 120, 121, 468, 5000, 10**6])
def test_snapshots_are_dense_first_and_few_in_all(total: int) -> None:
    steps = snapshot_steps(total)
    assert {0, total} <= steps
    assert len(steps) <= 150
    assert set(range(min(24, total) + 1)) <= steps
    assert max(steps) == total
    assert {0, total} <= record_steps(total) & validation_steps(total, 9)


def test_networks_start_with_the_normalisation_of_their_data_set() -> None:
    network = build_for(TrainingSpec("patches", "tiny"))
    assert network.normalise.mean.flatten().tolist() == pytest.approx([0.4526, 0.3656, 0.3299])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"dataset": "cifar"}, "There is no data set 'cifar'"),
        ({"network": "resnet"}, "There is no network 'resnet'"),
        ({"optimizer": "lion"}, "There is no optimiser 'lion'"),
        ({"epochs": 0}, "The number of epochs is 0"),
        ({"batch_size": 0}, "The batch size is 0"),
        ({"learning_rate": 0.0}, "The learning rate is 0.0"),
        ({"learning_rate": float("nan")}, "The learning rate is nan"),
        ({"label_smoothing": 1.0}, "The label smoothing is 1.0"),
        ({"weight_decay": -1.0}, "The weight decay is -1.0"),
        ({"seed": -1}, "The seed is -1"),
        ({"device": "tpu"}, "There is no device 'tpu'"),
    ],
)
def test_a_training_that_cannot_be_is_refused_with_a_sentence(changes, sentence: str) -> None:
    with pytest.raises(CnnvizError) as caught:
        TrainingSpec(**changes).check()
    assert sentence in str(caught.value)


def test_a_specification_survives_json() -> None:
    spec = TrainingSpec("digits", "lenet5", limit=10, learning_rate=0.3)
    assert TrainingSpec.from_json(spec.to_json()) == spec


def test_gradient_norms_have_the_paths_of_the_layers() -> None:
    branched = trained(TrainingSpec("digits", PRESETS["small_resnet"], epochs=1), steps=1)
    learned = {place.name for place in branched.network.plan if place.parameters}
    assert set(branched.record(validate=False).gradient_norm) == learned
    fixed = trained(
        TrainingSpec("digits", with_fixed_kernel(PRESETS["tiny"], torch.ones(3, 3)), epochs=1), steps=1
    )
    assert set(fixed.record(validate=False).gradient_norm) == {"conv1", "conv2", "fc1"}
