"""Trainings on volumes: repeatable to the bit, and what the page says of the bundled result is so."""

from collections.abc import Iterator

import pytest
import torch
from torch import nn

from cnnviz.data.volumes import Volumes, load_volumes, solids
from cnnviz.errors import CnnvizError
from cnnviz.tasks.volumes import VIEWS, classify_volumes, network_for
from cnnviz.training.volumes import (
    BATCH,
    DECAY,
    EPOCHS,
    RATE,
    SEEDS,
    Trained,
    VolumeTraining,
    accuracy_of,
    begin,
    network_of,
    next_epoch,
    outcome_of,
    trained_on_solids,
    volume_results,
)

TEST = load_volumes(split="test")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As the app computes."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def trained(spec: VolumeTraining, train: Volumes, test: Volumes, epochs: int | None = None) -> Trained:
    state = begin(spec, train)
    for _ in range(spec.epochs if epochs is None else epochs):
        state = next_epoch(spec, state, train, test)
    return state


@pytest.mark.parametrize("view", VIEWS)
def test_the_same_training_gives_the_same_weights_and_draws_from_nobody_else(view: str) -> None:
    train, test, before = solids(BATCH, 1), solids(20, 2), torch.get_rng_state()
    one, again = (trained(VolumeTraining(view, 2, seed=5), train, test) for _ in range(2))
    for name, value in one.weights.items():
        assert torch.equal(value, again.weights[name]), name
    assert one.accuracy == again.accuracy
    other = trained(VolumeTraining(view, 2, seed=6), train, test)
    assert not torch.equal(one.weights["conv1.weight"], other.weights["conv1.weight"])
    assert torch.equal(before, torch.get_rng_state())


def test_an_epoch_is_that_of_a_plain_loop_in_torch() -> None:
    """Written out, with the schedule of ``LambdaLR``."""
    train, test = solids(BATCH * 3, 1), solids(20, 2)
    found = trained(VolumeTraining("slices", 2, seed=1), train, test)
    network = network_for("slices", train.shape, 5, 1)
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    rates = (
        1 / 6 / 0.25,
        *(0.5 * (1 + torch.tensor(torch.pi * (k / 6 - 0.25) / 0.75).cos().item()) for k in range(2, 7)),
    )
    for epoch in range(2):
        order = torch.randperm(96, generator=torch.Generator().manual_seed(1_000_003 + epoch))
        for number, chosen in enumerate(order.split(BATCH)):
            optimizer.param_groups[0]["lr"] = RATE * rates[3 * epoch + number]
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(train.floats(chosen)), train.labels[chosen]).backward()
            optimizer.step()
    for name, value in network.state_dict().items():
        assert torch.allclose(found.weights[name], value, atol=1e-5), name
    assert found.accuracy[-1] == pytest.approx(accuracy_of(network, "slices", test))


def test_an_epoch_leaves_the_state_before_it_as_it_was() -> None:
    train = solids(BATCH, 1)
    first = begin(VolumeTraining(epochs=2), train)
    kept = {name: value.clone() for name, value in first.weights.items()}
    second = next_epoch(VolumeTraining(epochs=2), first, train, train)
    next_epoch(VolumeTraining(epochs=2), second, train, train)
    assert all(torch.equal(value, first.weights[name]) for name, value in kept.items())
    assert (first.epoch, second.epoch, second.steps, len(second.loss)) == (0, 1, 1, 1)


def test_the_bundled_result_says_what_the_page_says() -> None:
    found = volume_results(TEST)
    assert list(found) == list(VIEWS)
    assert {len(one.courses) for one in found.values()} == {SEEDS}
    assert {len(course.accuracy) for one in found.values() for course in one.courses} == {EPOCHS}
    deep, slices, middle = (found[view].accuracy for view in ("volume", "slices", "middle"))
    assert deep.low > slices.high > middle.high
    assert deep.mean > 0.95
    assert 0.15 < middle.low <= middle.high < 0.25
    assert found["volume"].multiply_adds > 3 * found["slices"].multiply_adds


@pytest.mark.parametrize("view", VIEWS)
def test_the_bundled_networks_have_the_measured_accuracy(view: str) -> None:
    network = trained_on_solids(view, TEST)
    measured = volume_results(TEST)[view].courses[0].accuracy[-1]
    assert accuracy_of(network, view, TEST) == pytest.approx(measured, abs=0.006)
    answers = classify_volumes(network, view, TEST.floats()).argmax(1)
    assert float((answers == TEST.labels).double().mean()) == pytest.approx(measured, abs=0.006)


def test_the_first_epoch_of_the_bundled_training_is_made_again() -> None:
    spec, train = VolumeTraining("slices"), load_volumes()
    state = trained(spec, train, TEST, epochs=1)
    course = volume_results(TEST)["slices"].courses[0]
    assert state.loss[0] == pytest.approx(course.loss[0], abs=0.02)
    one = outcome_of("slices", TEST, {0: state})
    assert (one.courses[0].steps, one.parameters) == ((12,), 17_529)
    network = network_of("slices", TEST, state.weights)
    assert accuracy_of(network, "slices", TEST) == pytest.approx(one.accuracy.mean)


def test_trainings_that_cannot_be_are_refused() -> None:
    for spec in (VolumeTraining("all"), VolumeTraining(epochs=0), VolumeTraining(epochs=31)):
        with pytest.raises(CnnvizError):
            begin(spec, TEST)
    with pytest.raises(CnnvizError, match="No network sees"):
        trained_on_solids("all", TEST)
