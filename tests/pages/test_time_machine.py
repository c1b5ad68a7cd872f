import contextlib
import io
import re

import pytest
import torch
from torch import nn

from cnnviz.training import Trainer, TrainingSpec, open_run
from cnnviz.training.loop import batch_at
from tests.pages.conftest import Open, at_rest, until, words

PAGE = "pages/inside/time_machine.py"


@pytest.mark.parametrize("step", [0, 20, 624])
def test_the_numbers_of_a_step_are_those_of_its_batch(step: int, open_page: Open) -> None:
    app = open_page(PAGE, run="example", step=str(step))
    assert not app.exception
    assert not app.error
    run = open_run("example")
    batch, network = batch_at(run.spec, step), run.network(step).train()
    loss = nn.functional.cross_entropy(network(batch.floats()), batch.labels)
    loss.backward()
    said = words(app)
    assert f"mean loss **{loss.item():.3f}**" in said
    assert f"| conv1 | {network.conv1.weight.grad.norm().item():.3g} |" in said
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(app.code[-1].value, "snippet", "exec"), {})
    assert (
        f"loss {loss.item():.3f}, norm of the gradient {network.conv1.weight.grad.norm():.3g}"
        in printed.getvalue()
    )


def test_two_steps_stand_beside_each_other(open_page: Open) -> None:
    app = open_page(PAGE, run="example", step="0", other="600")
    assert not app.exception
    assert any(re.fullmatch(r"conv1 at step 0 and step \d+", one.value) for one in app.subheader)
    assert "step 0: standard deviation" in words(app)


def test_the_loss_surface_has_the_loss_in_its_middle(open_page: Open) -> None:
    app = until(open_page(PAGE, run="example", step="624", surface="true"), at_rest)
    assert not app.exception
    middle, low, high = (
        float(one)
        for one in re.findall(
            r"Loss ([\d.]+) in the middle, ([\d.]+) at the lowest point, ([\d.]+) at", words(app)
        )[0]
    )
    assert low <= middle < high


def test_one_step_holds_for_all_pages(open_page: Open) -> None:
    app = open_page(PAGE, run="example", step="20")
    app.switch_page("pages/inside/filters.py").run()
    assert not app.exception
    assert app.query_params["step"] == "20"
    app.switch_page("pages/learning/training_lab.py").run()
    assert app.query_params["step"] == "20"


def test_the_batches_are_those_that_the_trainer_sees() -> None:
    spec = TrainingSpec("digits", "tiny", epochs=3, batch_size=100, seed=4)
    trainer = Trainer(spec)
    while not trainer.done:
        place = trainer._batch()
        shown = batch_at(spec, trainer.step_count)
        assert torch.equal(shown.images, trainer.dataset.images[place])
        trainer.step()
