"""The loop that most people begin with, for comparison: PyTorch's MNIST example, on any bundled data set.

Two convolutions of 32 and 64 channels, max pooling, dropout, 128 hidden units, a DataLoader with transforms for each
image, Adadelta with a step schedule, batches of 64, all cores. It sees the same images as ours, and is measured on the
whole test split without its time counting.
"""

import time
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from cnnviz.data import DATASETS, ImageDataset, load
from cnnviz.training import Trainer, TrainingSpec, evaluate
from cnnviz.vision import torchvision

EPOCHS = 14
MEASURE_USUAL_EVERY = 25
MEASURE_OURS_EVERY = 4


class Transformed(Dataset[tuple[Tensor, int]]):
    """Images that are turned from a picture into a normalised tensor each time they are asked for."""

    def __init__(self, dataset: ImageDataset) -> None:
        transforms = torchvision().transforms
        self.transform = transforms.Compose(
            [
                transforms.ToPILImage(),
                transforms.ToTensor(),
                transforms.Normalize(DATASETS[dataset.name].mean, DATASETS[dataset.name].std),
            ]
        )
        self.dataset = dataset

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(self.dataset.images[index]), int(self.dataset.labels[index])


class UsualNetwork(nn.Module):
    """Takes pixels from 0 to 1 in evaluation mode, as ours do, and normalised ones in training."""

    mean: Tensor
    std: Tensor

    def __init__(self, dataset: ImageDataset) -> None:
        super().__init__()
        channels, side, _ = DATASETS[dataset.name].shape
        for name in ("mean", "std"):
            self.register_buffer(name, torch.tensor(getattr(DATASETS[dataset.name], name)).view(1, -1, 1, 1))
        self.body = nn.Sequential(
            nn.Conv2d(channels, 32, 3),
            nn.ReLU(),
            nn.Conv2d(32, 64, 3),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Dropout(0.25),
            nn.Flatten(),
            nn.Linear(64 * ((side - 4) // 2) ** 2, 128),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(128, len(dataset.classes)),
        )

    def forward(self, images: Tensor) -> Tensor:
        return self.body(images if self.training else (images - self.mean) / self.std)


class Course:
    """Test accuracy against seconds of training."""

    def __init__(self, goals: Sequence[float]) -> None:
        self.goals = goals
        self.reached: dict[float, float] = {}
        self.accuracy, self.best, self.seconds = 0.0, 0.0, 0.0

    @property
    def done(self) -> bool:
        return bool(self.goals) and len(self.reached) == len(self.goals)

    def measure(self, network: nn.Module, test: ImageDataset) -> None:
        self.accuracy = evaluate(network, test).accuracy
        self.best = max(self.best, self.accuracy)
        for goal in self.goals:
            if self.accuracy >= goal:
                self.reached.setdefault(goal, self.seconds)


def usual(dataset: str, seed: int, goals: Sequence[float], epochs: int = EPOCHS) -> Course:
    """The usual loop until all goals are reached, or to its end."""
    torch.manual_seed(seed)
    train, test, course = load(dataset), load(dataset, "test"), Course(goals)
    network = UsualNetwork(train)
    optimizer = torch.optim.Adadelta(network.parameters(), lr=1.0)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.7)
    loader = DataLoader(Transformed(train), batch_size=64, shuffle=True)
    steps, last = 0, time.perf_counter()
    for _ in range(epochs):
        network.train()
        for images, labels in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(images), labels).backward()
            optimizer.step()
            steps += 1
            course.seconds += time.perf_counter() - last
            if steps % MEASURE_USUAL_EVERY == 0:
                course.measure(network, test)
                if course.done:
                    return course
            last = time.perf_counter()
        scheduler.step()
    course.measure(network, test)
    return course


def ours(spec: TrainingSpec, goals: Sequence[float] = ()) -> Course:
    """Our loop until all goals are reached, or to its end; without goals it is measured there only.

    Measuring throws the network out of the processor's cache, which a small one feels. So the training is done twice, to the
    same bit: first it is measured at every few steps, then it is timed.
    """
    course, trainer, steps = Course(goals), Trainer(spec), dict[float, int]()
    while not trainer.done and not course.done:
        trainer.step()
        if goals and trainer.step_count % MEASURE_OURS_EVERY == 0:
            course.measure(trainer.network, trainer.validation)
            for goal in course.reached:
                steps.setdefault(goal, trainer.step_count)
    course.measure(trainer.network, trainer.validation)
    last, started = trainer.step_count, time.perf_counter()
    trainer = Trainer(spec)
    while trainer.step_count < last:
        trainer.step()
        for goal, step in steps.items():
            if step == trainer.step_count:
                course.reached[goal] = time.perf_counter() - started
    course.seconds = time.perf_counter() - started
    return course


def warm_up() -> None:
    """Torch's own first use costs a second; neither side shall pay it (training processes are kept warm)."""
    Trainer(TrainingSpec("mnist", limit=128)).step()
