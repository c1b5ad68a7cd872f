"""The trainings of a small detector and a small segmenter on composed scenes."""

from cnnviz.data import DATASETS
from cnnviz.tasks.detection import detector
from cnnviz.tasks.segmentation import unet
from cnnviz.training.spec import TrainingSpec


def detection_training(
    dataset: str = "mnist_scenes",
    *,
    epochs: int = 4,
    seed: int = 0,
    classes: tuple[str, ...] | None = None,
    limit: int | None = None,
) -> TrainingSpec:
    """A single-shot detector: AP 0.8 on scenes of digits within half a minute on one core.

    Args:
        dataset: a key of ``cnnviz.data.SCENES``.
        classes: of the objects; ``None`` for all.
        limit: train with only the first so many scenes.
    """
    count = len(DATASETS[dataset].of_classes(classes).classes)
    return TrainingSpec(
        dataset,
        detector(count),
        epochs,
        batch_size=32,
        optimizer="adamw",
        learning_rate=0.01,
        label_smoothing=0.0,
        seed=seed,
        task="detection",
        classes=classes,
        limit=limit,
    )


def segmentation_training(
    dataset: str = "mnist_scenes",
    *,
    epochs: int = 5,
    seed: int = 0,
    skips: bool = True,
    up: str = "transposed",
    classes: tuple[str, ...] | None = None,
    limit: int | None = None,
) -> TrainingSpec:
    """A U-Net: mean IoU 0.8 on scenes of digits within a minute on one core.

    Args:
        dataset: a key of ``cnnviz.data.SCENES``.
        skips: with connections from the way down to the way up.
        up: a key of ``cnnviz.tasks.UPS``.
        classes: of the objects; ``None`` for all.
        limit: train with only the first so many scenes.
    """
    count = len(DATASETS[dataset].of_classes(classes).classes)
    return TrainingSpec(
        dataset,
        unet(count, skips=skips, up=up),
        epochs,
        batch_size=16,
        optimizer="adamw",
        learning_rate=0.01,
        label_smoothing=0.0,
        seed=seed,
        task="segmentation",
        classes=classes,
        limit=limit,
    )
