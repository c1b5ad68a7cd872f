"""The loop knows no classes: what a target, a loss and a score are, the task says."""

from collections.abc import Iterator

import pytest
import torch
from sklearn.metrics import accuracy_score, confusion_matrix
from torch import Tensor, nn

from cnnviz.data import ImageDataset, load
from cnnviz.errors import CnnvizError
from cnnviz.ops.scores import accuracy, confusion
from cnnviz.training import TASKS, Evaluation, Task, Trainer, TrainingSpec, evaluate


def brightness(dataset: ImageDataset) -> Tensor:
    return dataset.floats().mean((1, 2, 3)).unsqueeze(1)


@pytest.fixture
def brightness_task() -> Iterator[Task]:
    """How bright is the image? One number, the squared error."""
    entry = Task(
        name="brightness",
        title="Brightness",
        formula=r"L = (y - \hat y)^2",
        score_name="closeness",
        outputs=lambda _: 1,
        targets=brightness,
        loss=lambda outputs, targets, _: nn.functional.mse_loss(outputs, targets),
        score=lambda outputs, targets: (1 - (outputs - targets).abs()).clamp(0, 1).mean(),
        evaluate=lambda outputs, dataset: Evaluation(
            nn.functional.mse_loss(outputs, brightness(dataset)).item(),
            1 - (outputs - brightness(dataset)).abs().mean().item(),
            None,
        ),
    )
    TASKS[entry.name] = entry
    yield entry
    del TASKS[entry.name]


@pytest.mark.usefixtures("brightness_task")
def test_another_task_is_learned_by_the_same_loop() -> None:
    spec = TrainingSpec("digits", "tiny", epochs=6, optimizer="adam", task="brightness")
    assert spec.check().layers[-1].output_shape == (1,)
    trainer = Trainer(spec)
    begun = trainer.record(validate=True)
    while not trainer.done:
        trainer.step()
    ended = trainer.record(validate=True)
    assert begun.val_loss is not None
    assert ended.val_loss is not None
    assert ended.val_loss < 0.2 * begun.val_loss
    test = load("digits", "test")
    with torch.inference_mode():
        errors = trainer.network.eval()(test.floats()) - brightness(test)
    assert ended.val_loss == pytest.approx(errors.square().mean().item(), rel=1e-4)
    assert ended.val_accuracy == pytest.approx(1 - errors.abs().mean().item(), rel=1e-4)
    assert ended.confusion is None


def test_classification_is_measured_as_scikit_learn_does() -> None:
    trainer = Trainer(TrainingSpec("digits", "tiny", epochs=1))
    while not trainer.done:
        trainer.step()
    test = load("digits", "test")
    found = evaluate(trainer.network, test)
    with torch.inference_mode():
        logits = trainer.network.eval()(test.floats())
    predicted = logits.argmax(1)
    assert found.accuracy == pytest.approx(accuracy_score(test.labels, predicted))
    assert accuracy(logits, test.labels).item() == pytest.approx(found.accuracy, abs=1e-6)
    assert found.confusion == confusion_matrix(test.labels, predicted, labels=range(10)).tolist()
    assert found.confusion == confusion(logits, test.labels).tolist()
    assert found.loss == pytest.approx(nn.functional.cross_entropy(logits, test.labels).item())


def test_an_unknown_task_is_a_sentence_and_old_specifications_are_classification() -> None:
    with pytest.raises(CnnvizError, match=r"There is no task 'poetry'. Choose one of: classification"):
        TrainingSpec(task="poetry").check()
    old = TrainingSpec("digits", "tiny").to_dict()
    del old["task"]
    assert TrainingSpec.from_dict(old) == TrainingSpec("digits", "tiny")
