"""Sweeps: which runs they make, and that they differ in what was asked and in nothing else."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import ParameterGrid

from cnnviz.errors import CnnvizError
from cnnviz.training import TrainingSpec, open_experiment, runs, sweep, sweep_specs
from cnnviz.training.outcomes import outcomes

SPEC = TrainingSpec("digits", "tiny", epochs=1, batch_size=64)


@given(
    rates=st.lists(st.sampled_from([0.01, 0.02, 0.1]), min_size=1, unique=True),
    sizes=st.lists(st.sampled_from([16, 32, 64]), min_size=1, unique=True),
    seeds=st.integers(1, 3),
)
def test_a_grid_is_that_of_scikit_learn(rates: list[float], sizes: list[int], seeds: int) -> None:
    found = sweep_specs(SPEC, seeds, learning_rate=rates, batch_size=sizes)
    wanted = [
        replace(SPEC, **values, seed=seed)
        for values in ParameterGrid({"learning_rate": rates, "batch_size": sizes})
        for seed in range(seeds)
    ]
    assert len(found) == len(wanted)
    assert {repr(spec.to_dict()) for spec in found.values()} == {repr(spec.to_dict()) for spec in wanted}


def test_a_random_sample_is_part_of_the_grid_and_the_same_again() -> None:
    values = {
        "learning_rate": [0.01 * n for n in range(1, 2000)],
        "weight_decay": [1e-5 * n for n in range(2000)],
    }
    one, again = (sweep_specs(SPEC, 1, sample=20, **values) for _ in range(2))
    assert one == again
    assert len(one) == 20
    assert len({spec.learning_rate for spec in one.values()}) > 15
    assert all(spec.learning_rate in values["learning_rate"] for spec in one.values())


def test_each_optimiser_of_a_sweep_gets_the_rate_that_suits_it() -> None:
    found = sweep_specs(SPEC, 1, optimizer=["sgd", "adam"])
    assert [spec.learning_rate for spec in found.values()] == [
        TrainingSpec("digits", "tiny", optimizer=name).learning_rate for name in ("sgd", "adam")
    ]


def test_a_sweep_trains_all_and_tells_mean_and_spread() -> None:
    experiment = sweep(replace(SPEC, epochs=2), seeds=2, learning_rate=[0.001, 0.03], key="anna")
    assert open_experiment(experiment.id).title == "Sweep over learning rate"
    for run in experiment.runs.values():
        assert run.wait(120) == "finished"
        assert run.belongs_to("anna")
    slow, fast = outcomes(experiment.runs)
    assert (slow.title, fast.title) == ("learning rate 0.001", "learning rate 0.03")
    assert [len(one.courses) for one in (slow, fast)] == [2, 2]
    assert slow.loss.mean > fast.loss.mean


def test_a_sweep_that_is_too_large_is_refused_at_once() -> None:
    before = len(runs())
    values = [0.001 * n for n in range(1, 1001)]
    with pytest.raises(CnnvizError, match=r"1,000,000 combinations with 3 seeds are 3,000,000 runs"):
        sweep(SPEC, learning_rate=values, weight_decay=[0.0001 * n for n in range(1000)])
    assert len(runs()) == before


def test_what_cannot_be_tried_is_a_sentence() -> None:
    before = len(runs())
    for settings, sentence in (
        ({"rate": [1]}, "no setting 'rate'"),
        ({"learning_rate": []}, "must be a list"),
        ({"optimizer": "adam"}, "must be a list"),
    ):
        with pytest.raises(CnnvizError, match=sentence):
            sweep(SPEC, **settings)
    with pytest.raises(CnnvizError, match="The number of seeds is 0"):
        sweep(SPEC, 0, learning_rate=[0.1])
    with pytest.raises(CnnvizError, match="There is no optimiser 'lion'"):
        sweep(SPEC, optimizer=["adam", "lion"])
    assert len(runs()) == before
