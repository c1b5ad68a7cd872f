"""Trainings with several seeds: bundled ones, and one's own."""

from dataclasses import replace

import pytest

from cnnviz.errors import CnnvizError
from cnnviz.models.architectures.ideas import IDEAS
from cnnviz.training import Experiment, Trainer, TrainingSpec, queue
from cnnviz.training.outcomes import OF_SEED, Spread, bundled, idea_training, outcomes
from cnnviz.training.worker import work
from tests.training.test_commands import _home  # noqa: F401 - the fixture acts by itself


def trained(spec: TrainingSpec) -> Trainer:
    trainer = Trainer(spec)
    while not trainer.done:
        trainer.step()
    return trainer


@pytest.mark.parametrize("name", list(IDEAS))
def test_every_idea_comes_with_results_over_three_seeds(name: str) -> None:
    about = bundled(name)
    assert [one.title for one in about.outcomes] == list(IDEAS[name].networks)
    for one in about.outcomes:
        assert [course.seed for course in one.courses] == [0, 1, 2]
        assert one.error is not None
        assert one.accuracy.low <= one.accuracy.mean <= one.accuracy.high
        curve = one.curve("accuracy")
        assert curve[-1][1] == one.accuracy
        assert [step for step, _ in curve] == list(one.courses[0].steps)
        assert all(course.gradients.keys() >= set(one.weighted) for course in one.courses)


def test_the_deeper_plain_network_has_the_higher_training_error_and_skip_connections_mend_it() -> None:
    """He et al., 2016, figure 6."""
    error = {one.title: one.error for one in bundled("residual").outcomes if one.error}
    plain = [error[f"plain, {depth} layers"].low for depth in (20, 32, 56)]
    shallow = error["plain, 8 layers"].high
    assert all(one > shallow for one in plain)
    for depth in (20, 32, 56):
        assert error[f"residual, {depth} layers"].high < error[f"plain, {depth} layers"].low


@pytest.mark.parametrize(
    ("idea", "better", "worse"),
    [
        ("small_filters", "three 3×3", "one 7×7"),
        ("inception", "inception", "plain 3×3"),
        ("stride", "max pooling", "stride 2"),
        ("norm", "with batch norm, 20 layers", "without, 20 layers"),
        ("bottleneck", "two 3×3", "bottleneck"),
        ("dense", "plain", "dense"),
        ("head", "fully connected", "global average"),
    ],
)
def test_what_the_page_says_of_a_result_is_so(idea: str, better: str, worse: str) -> None:
    """What to expect, or the note that says what came out instead, for every seed."""
    found = {one.title: one.accuracy for one in bundled(idea).outcomes}
    assert found[better].low > found[worse].high


def test_skip_connections_help_at_20_layers_in_a_real_run() -> None:
    losses = {}
    for kind in ("plain", "residual"):
        spec = replace(idea_training("residual", f"{kind}, 20 layers", 0, epochs=1), limit=3000)
        losses[kind] = trained(spec).record(validate=True).val_loss or 0.0
    assert losses["residual"] < losses["plain"] - 0.2


def test_the_bundled_numbers_come_out_again() -> None:
    """To a little: the order in which two threads add is not fixed."""
    spec = idea_training("head", "global average", 0)
    again = trained(spec).record(validate=True).val_accuracy
    [course] = [one for one in bundled("head").outcomes[0].courses if one.seed == 0]
    assert again == pytest.approx(course.accuracy[-1], abs=0.02)


def test_runs_that_differ_in_the_seed_belong_together() -> None:
    spec = TrainingSpec("digits", "tiny", epochs=1)
    begun = Experiment.start(
        "Does the seed matter?",
        {
            f"tiny{OF_SEED}0": spec,
            f"tiny{OF_SEED}1": TrainingSpec("digits", "tiny", epochs=1, seed=1),
            f"another{OF_SEED}0": spec,
        },
    )
    assert outcomes(begun.runs) == []
    for run in begun.runs.values():
        queue.withdraw(run.folder.path.parent, run.id)
        work(str(run.folder.path))
    found = outcomes(begun.runs)
    assert [(one.title, [course.seed for course in one.courses]) for one in found] == [
        ("tiny", [0, 1]),
        ("another", [0]),
    ]
    last = [begun.runs[f"tiny{OF_SEED}{seed}"].metrics()[-1].val_accuracy for seed in (0, 1)]
    assert found[0].accuracy == Spread.of([one for one in last if one is not None])
    assert found[0].error is None


def test_an_unknown_idea_is_a_sentence() -> None:
    with pytest.raises(CnnvizError, match="There is no idea"):
        bundled("magic")
