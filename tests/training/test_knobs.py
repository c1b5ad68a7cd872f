"""Each knob of a training against torch, or against what it says."""

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from cnnviz.data import DATASETS, load
from cnnviz.errors import CnnvizError
from cnnviz.models import GroupNorm, NetworkSpec, build
from cnnviz.training import OPTIMIZERS, SCHEDULES, Trainer, TrainingSpec, start
from cnnviz.training.augmentation import AUGMENTATIONS, Augment
from cnnviz.training.losses import LOSSES
from cnnviz.training.stopping import joules

DIGITS = TrainingSpec("digits", "tiny", epochs=1, batch_size=32)


def trained(spec: TrainingSpec, steps: int | None = None) -> Trainer:
    trainer = Trainer(spec)
    while not trainer.done and (steps is None or trainer.step_count < steps):
        trainer.step()
    return trainer


def parameters(trainer: Trainer) -> list[torch.Tensor]:
    return [value.detach().clone() for value in trainer.network.parameters()]


def by_hand(spec: TrainingSpec, steps: int, change: Any = None, loss: Any = None) -> list[torch.Tensor]:
    """The same steps with plain torch; ``change`` is called with the network between backward and update."""
    trainer = Trainer(spec)
    network, optimizer = trainer.network, trainer.optimizer
    data, network = trainer.dataset, trainer.network.train()
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(spec.seed))
    for place in range(steps):
        batch = order[place * spec.batch_size : (place + 1) * spec.batch_size]
        factor = SCHEDULES[spec.schedule].factor(place / trainer.total_steps)
        optimizer.param_groups[0]["lr"] = spec.base_learning_rate * factor
        optimizer.zero_grad()
        outputs, labels = network(data.floats(batch)), data.labels[batch]
        value = (
            loss(outputs, labels, network)
            if loss
            else nn.functional.cross_entropy(outputs, labels, label_smoothing=spec.label_smoothing)
        )
        value.backward()
        if change:
            change(network)
        optimizer.step()
    return list(network.parameters())


TORCH_OPTIMIZERS: dict[str, Any] = {
    "sgd": lambda p, lr: torch.optim.SGD(p, lr),
    "momentum": lambda p, lr: torch.optim.SGD(p, lr, momentum=0.9),
    "nesterov": lambda p, lr: torch.optim.SGD(p, lr, momentum=0.9, nesterov=True),
    "adagrad": torch.optim.Adagrad,
    "rmsprop": torch.optim.RMSprop,
    "adam": torch.optim.Adam,
    "adamw": lambda p, lr: torch.optim.AdamW(p, lr, weight_decay=0.0),
}


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_each_optimiser_is_that_of_torch(name: str) -> None:
    spec = replace(DIGITS, optimizer=name, learning_rate=0.01, weight_decay=0.0)
    ours = trained(spec, 5)
    other = Trainer(spec)
    other.optimizer = TORCH_OPTIMIZERS[name](other.network.parameters(), 0.01)
    while other.step_count < 5:
        other.step()
    for one, two in zip(parameters(ours), parameters(other), strict=True):
        assert torch.equal(one, two)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("constant", lambda o, _: torch.optim.lr_scheduler.ConstantLR(o, 1.0)),
        ("cosine", lambda o, n: torch.optim.lr_scheduler.CosineAnnealingLR(o, n)),
        ("step", lambda o, n: torch.optim.lr_scheduler.StepLR(o, n // 3, 0.1)),
        ("warm_up", lambda o, n: torch.optim.lr_scheduler.LinearLR(o, 1e-9, 1.0, n // 5)),
    ],
)
def test_each_schedule_is_that_of_torch(name: str, make: Any) -> None:
    steps = 300
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], 1.0)
    scheduler = make(optimizer, steps)
    for step in range(steps):
        ours = SCHEDULES[name].factor(step / steps)
        assert ours == pytest.approx(max(0.02, optimizer.param_groups[0]["lr"]), abs=1e-6) or (
            name == "step" and ours == pytest.approx(optimizer.param_groups[0]["lr"])
        )
        optimizer.step()
        scheduler.step()


def test_the_l1_penalty_has_the_gradient_of_autograd() -> None:
    spec = replace(DIGITS, l1=0.01)

    def loss(outputs: Any, labels: Any, network: nn.Module) -> torch.Tensor:
        penalty = sum(weight.abs().sum() for weight in network.parameters())
        return nn.functional.cross_entropy(outputs, labels, label_smoothing=0.1) + 0.01 * penalty

    for ours, theirs in zip(parameters(trained(spec, 6)), by_hand(spec, 6, loss=loss), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


def test_long_gradients_are_clipped_as_by_torch() -> None:
    spec = replace(DIGITS, clip=0.05)

    def clip(network: nn.Module) -> None:
        nn.utils.clip_grad_norm_(network.parameters(), 0.05)

    ours = trained(spec, 6)
    assert sum(norm**2 for norm in ours.record(False).gradient_norm.values()) ** 0.5 <= 0.05 + 1e-6
    for one, two in zip(parameters(ours), by_hand(spec, 6, clip), strict=True):
        assert torch.equal(one, two)


def test_the_squared_error_is_that_of_torch_and_learns() -> None:
    outputs, labels = torch.randn(7, 4), torch.tensor([0, 1, 2, 3, 0, 1, 2])
    wanted = nn.functional.mse_loss(outputs, nn.functional.one_hot(labels, 4).float(), reduction="sum") / 7
    torch.testing.assert_close(LOSSES["squared_error"].of(outputs, labels, 0.0), wanted)
    trainer = trained(TrainingSpec("mnist", "tiny", 3, limit=3000, loss="squared_error", label_smoothing=0.0))
    measured = trainer.record(validate=True)
    assert measured.val_accuracy is not None
    assert measured.val_loss is not None
    assert measured.val_accuracy > 0.75
    assert measured.val_loss < 0.5  # 1 for a network that always says nothing


def test_two_classes_are_learned_alone() -> None:
    spec = TrainingSpec("mnist", "tiny", epochs=2, classes=("3", "5"), limit=400, batch_size=32)
    trainer = trained(spec)
    every = load("mnist", "test")
    assert [plan.output_shape for plan in spec.check().layers][-1] == (2,)
    assert len(trainer.dataset) == 400
    assert trainer.validation.classes == ("3", "5")
    assert len(trainer.validation) == sum(int(label) in (3, 5) for label in every.labels)
    threes = every.images[every.labels == 3]
    assert torch.equal(trainer.validation.images[trainer.validation.labels == 0], threes)
    measured = trainer.record(validate=True)
    assert measured.val_accuracy is not None
    assert measured.val_accuracy > 0.85
    assert torch.tensor(measured.confusion).shape == (2, 2)


def test_the_order_of_classes_is_that_of_the_labels() -> None:
    one, other = (load("digits", classes=classes) for classes in (("1", "7"), ("7", "1")))
    assert torch.equal(one.labels, 1 - other.labels)
    assert DATASETS["digits"].of_classes(("7", "1")).classes == ("7", "1")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"classes": ("3",)}, "two or more"),
        ({"classes": ("3", "3")}, "each once"),
        ({"classes": ("3", "cat")}, "'digits' has no class 'cat'"),
        ({"loss": "hinge"}, "There is no loss 'hinge'. Choose one of: cross_entropy, squared_error."),
        ({"augmentation": "flip,twist"}, "There is no augmentation 'twist'"),
        ({"initialisation": "magic"}, "There is no initialisation 'magic'"),
        ({"precision": "int8"}, "There is no precision 'int8'"),
        ({"l1": -0.1}, "The L1 penalty is -0.1"),
        ({"clip": 0.0}, "The longest gradient is 0.0"),
        ({"share": 0.0}, "The share of the images is 0.0"),
        ({"rare": ("cat",)}, "There is no class 'cat'"),
        ({"rare": ("3",), "rare_share": 0.0}, "The share of the rare classes is 0.0"),
        ({"noise": 1.5}, "The share of random labels is 1.5"),
        ({"patience": 0}, "The patience is 0"),
        ({"stop_accuracy": 1.5}, "The accuracy at which to stop is 1.5"),
        ({"stop_seconds": -1.0}, "The time at which to stop is -1.0"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CnnvizError) as caught:
        replace(DIGITS, **changes).check()
    assert sentence in str(caught.value)


def test_noise_changes_the_labels_of_its_share_and_no_others() -> None:
    clean = load("mnist", "train", 2000)
    trainer = Trainer(TrainingSpec("mnist", "tiny", limit=2000, noise=0.4))
    changed = (trainer.targets != clean.labels).float().mean().item()
    assert changed == pytest.approx(0.4 * 0.9, abs=0.02)  # a tenth is drawn as it was
    assert torch.equal(trainer.validation.labels, load("mnist", "test").labels)


@pytest.mark.parametrize("names", [*((name,) for name in AUGMENTATIONS), tuple(AUGMENTATIONS)])
def test_augmented_trainings_are_equal_to_the_bit_and_can_be_restored(names: tuple[str, ...]) -> None:
    spec = TrainingSpec("patches", "tiny", epochs=2, limit=48, batch_size=16, augmentation=names)
    whole, half = trained(spec), trained(spec, 3)
    tensors, texts = half.state()
    torch.manual_seed(99)
    later = Trainer(spec)
    later.restore(tensors, texts)
    while not later.done:
        later.step()
    for one, two in zip(parameters(whole), parameters(later), strict=True):
        assert torch.equal(one, two)
    plain = trained(replace(spec, augmentation=()))
    assert not torch.equal(parameters(whole)[0], parameters(plain)[0])


def test_each_augmentation_does_what_it_says() -> None:
    torch.manual_seed(0)
    images, labels = load("patches", "test", 64).floats(), load("patches", "test", 64).labels

    def after(name: str) -> tuple[torch.Tensor, torch.Tensor]:
        return Augment((name,), (3, 32, 32), 10)(images.clone(), labels)

    flipped = after("flip")[0]
    mirrored = [torch.equal(one, old.flip(-1)) for one, old in zip(flipped, images, strict=True)]
    same = [torch.equal(one, old) for one, old in zip(flipped, images, strict=True)]
    assert all(one or other for one, other in zip(mirrored, same, strict=True))
    assert 10 < sum(mirrored) < 54
    for name in ("crop", "rotate", "colour", "cutout"):
        changed = after(name)[0]
        assert changed.shape == images.shape
        assert not torch.equal(changed, images)
        assert changed.min() >= 0
        assert changed.max() <= 1
    mixed, shares = after("mixup")
    assert shares.shape == (64, 10)
    torch.testing.assert_close(shares.sum(1), torch.ones(64))
    # v2.MixUp lays the batch, moved by one, over itself.
    weight = shares[0, labels[0]] if labels[0] != labels[-1] else None
    if weight is not None:
        torch.testing.assert_close(mixed[0], weight * images[0] + (1 - weight) * images[-1])


@pytest.mark.parametrize(
    ("name", "spread"),
    [
        ("zero", 0.0),
        ("small", 0.001),
        ("large", 1.0),
        ("xavier", math.sqrt(2 / (784 + 128))),
        ("he", math.sqrt(2 / 784)),
        ("default", math.sqrt(1 / (3 * 784))),
    ],
)
def test_first_weights_have_the_spread_of_their_formula(name: str, spread: float) -> None:
    network = build("mlp", (1, 28, 28), 10, seed=5, initialisation=name)
    first = next(module for module in network.modules() if isinstance(module, nn.Linear))
    assert first.weight.std().item() == pytest.approx(spread, rel=0.02)
    if name != "default":
        assert not any(module.bias.any() for module in network.modules() if isinstance(module, nn.Linear))
    again = build("mlp", (1, 28, 28), 10, seed=5, initialisation=name)
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), again.parameters(), strict=True))


@given(groups=st.sampled_from([1, 2, 3, 6, None]), side=st.integers(1, 7))
def test_group_norm_is_layer_norm_with_one_group_and_instance_norm_with_all(
    groups: int | None, side: int
) -> None:
    values = torch.randn(4, 6, side, side, generator=torch.Generator().manual_seed(side))
    ours = GroupNorm(groups).module((6, side, side))(values)
    parts = values.reshape(4, groups or 6, -1)
    theirs = (parts - parts.mean(2, keepdim=True)) / (parts.var(2, correction=0, keepdim=True) + 1e-5).sqrt()
    torch.testing.assert_close(ours, theirs.view_as(values), rtol=1e-3, atol=1e-4)
    if groups == 1:
        torch.testing.assert_close(
            ours, nn.functional.layer_norm(values, (6, side, side)), rtol=1e-3, atol=1e-4
        )


def test_channels_that_cannot_be_grouped_are_refused() -> None:
    with pytest.raises(CnnvizError, match="6 channels cannot be divided into 4 groups"):
        GroupNorm(4).output_shape((6, 5, 5))
    spec = NetworkSpec((GroupNorm(None),))
    assert NetworkSpec.from_json(spec.to_json()) == spec


def test_mixed_precision_learns_and_differs_in_the_last_bits() -> None:
    plain, mixed = (trained(replace(DIGITS, epochs=8, precision=p)) for p in ("float32", "mixed"))
    assert parameters(mixed)[0].dtype == torch.float32
    assert not torch.equal(parameters(plain)[0], parameters(mixed)[0])
    accuracy = mixed.record(validate=True).val_accuracy
    assert accuracy is not None
    assert accuracy > 0.85


def test_a_run_stops_at_its_accuracy_and_says_so() -> None:
    run = start(replace(DIGITS, epochs=100, validations=200, stop_accuracy=0.8))
    assert run.wait(60) == "finished"
    assert run.step_count < run.total_steps
    assert run.message.startswith("Stopped at a validation accuracy of 8")
    last = run.metrics()[-1]
    assert last.val_accuracy is not None
    assert last.val_accuracy >= 0.8
    assert run.steps[-1] == run.step_count


def test_early_stopping_ends_a_run_that_overfits() -> None:
    spec = TrainingSpec(
        "digits", "mlp", 400, limit=40, batch_size=20, validations=200, patience=5, label_smoothing=0.0
    )
    run = start(spec)
    assert run.wait(60) == "finished"
    assert run.message.startswith("Stopped early: the validation loss was smallest at step")
    measured = [m for m in run.metrics() if m.val_loss is not None]
    best = min(range(len(measured)), key=lambda n: measured[n].val_loss or 0.0)
    assert len(measured) - 1 - best == 5
    assert f"step {measured[best].step} " in run.message


def test_a_run_stops_after_its_time_or_energy() -> None:
    timed = start(replace(DIGITS, epochs=1000, stop_seconds=0.3))
    used = start(replace(DIGITS, epochs=1000, stop_joules=0.01))
    assert (timed.wait(60), used.wait(60)) == ("finished", "finished")
    assert timed.message == "Stopped after 0.3 seconds of work: that was the limit."
    plan, last = DIGITS.check(), used.metrics()[-1]
    assert joules(plan.multiply_adds, last.images) >= 0.01 > joules(plan.multiply_adds, last.images - 32)


def test_old_specifications_mean_what_they_meant() -> None:
    old = {"dataset": "mnist", "network": "tiny", "optimizer": "momentum", "learning_rate": 0.1}
    assert TrainingSpec.from_dict(old).optimizer == "nesterov"
    for spec in (
        replace(DIGITS, optimizer="momentum", augmentation="flip, crop", classes=["1", "2"]),
        DIGITS,
    ):
        assert TrainingSpec.from_json(spec.to_json()) == spec


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("dataset", ["patches", "fashion"])
def test_the_usual_rate_suits_a_network_without_normalisation(dataset: str, seed: int) -> None:
    """``tiny`` on ``patches`` failed for one seed in three with the rate that batch norm can bear."""
    accuracy = trained(TrainingSpec(dataset, "tiny", 3, seed=seed, limit=3000)).record(True).val_accuracy
    assert accuracy is not None
    assert accuracy > (0.45 if dataset == "patches" else 0.65)
