"""The trainings of small networks for the tasks beyond one class an image, on composed scenes."""

from cnnviz.data import DATASETS
from cnnviz.models import Activation, BatchNorm, Conv, GlobalAveragePool, Layer, Linear, NetworkSpec
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


def _scene_network() -> NetworkSpec:
    """For a whole scene: each map finds something, wherever it stands, and its mean says how much of it there is."""

    def block(channels: int, kernel: int, stride: int) -> tuple[Layer, ...]:
        return Conv(channels, kernel, stride, kernel // 2, bias=False), BatchNorm(), Activation("relu")

    layers = (*block(16, 5, 2), *block(32, 3, 2), *block(32, 3, 1), *block(64, 3, 2))
    return NetworkSpec((*layers, GlobalAveragePool(), Linear()), "scenenet")


def _whole_scenes(
    task: str, dataset: str, epochs: int, seed: int, classes: tuple[str, ...] | None, limit: int | None
) -> TrainingSpec:
    return TrainingSpec(
        dataset,
        _scene_network(),
        epochs,
        batch_size=32,
        optimizer="adamw",
        learning_rate=0.01,
        label_smoothing=0.0,
        seed=seed,
        task=task,
        classes=classes,
        limit=limit,
    )


def labels_training(
    dataset: str = "mnist_scenes",
    *,
    epochs: int = 8,
    seed: int = 0,
    softmax: bool = False,
    classes: tuple[str, ...] | None = None,
    limit: int | None = None,
) -> TrainingSpec:
    """Which classes are in the picture, yes or no for each: mean average precision 0.9 after 12 epochs on scenes of digits.

    Args:
        dataset: a key of ``cnnviz.data.SCENES``, or images with several labels.
        softmax: one class of all instead, that of the largest object of a scene.
        classes: of the labels; ``None`` for all.
        limit: train with only the first so many images.
    """
    return _whole_scenes("classification" if softmax else "labels", dataset, epochs, seed, classes, limit)


def ordinal_training(
    dataset: str = "mnist_counts",
    *,
    epochs: int = 8,
    seed: int = 0,
    softmax: bool = False,
    classes: tuple[str, ...] | None = None,
    limit: int | None = None,
) -> TrainingSpec:
    """How high is the grade: how many objects are in a scene. Off by 0.2 in the mean after 16 epochs on 300 scenes.

    Args:
        dataset: a key of ``cnnviz.data.COUNTS``, or images whose classes have an order.
        softmax: the grades as classes without an order instead.
        classes: of the grades; ``None`` for all.
        limit: train with only the first so many images.
    """
    return _whole_scenes("classification" if softmax else "ordinal", dataset, epochs, seed, classes, limit)
