"""The tricks of training, each as an experiment: trainings that differ in one thing. A new trick is one entry in
``TRICKS``, and a bundled result that ``tools/run_tricks.py`` makes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from cnnviz.models import (
    Activation,
    BatchNorm,
    Conv,
    Dropout,
    Flatten,
    GroupNorm,
    Layer,
    Linear,
    NetworkSpec,
    Pool,
)
from cnnviz.training.spec import TrainingSpec
from cnnviz.words import say

RELU = Activation("relu")
Look = Literal["depth", "gap", "shift", "augmented", "final"]
SEEDS = 3


@dataclass(frozen=True)
class Trick:
    """One trick as an experiment.

    Attributes:
        name: its key in ``TRICKS``.
        question: what is compared, in a sentence.
        expect: what to expect and why; shown before the result.
        note: what came out, and why; shown after the bundled result.
        runs: title -> training; they differ in the trick alone.
        source: the paper.
        look: what else is looked at: activations by depth at step 0, the gap between training and test images,
            answers to shifted images, images as they are learned, or the last accuracy against a number.
    """

    name: str
    title: str
    question: str
    expect: str
    note: str
    runs: Mapping[str, TrainingSpec]
    source: str
    look: Look | None = None

    def training(self, title: str, seed: int, epochs: int | None = None) -> TrainingSpec:
        """One of the trainings with another seed."""
        spec = self.runs[title]
        return replace(spec, seed=seed, epochs=epochs or spec.epochs)


def _deep(*norm: Layer) -> NetworkSpec:
    """Eight convolutions one after the other, with this normalisation behind each."""
    block = (Conv(16, 3, padding=1), *norm, RELU)
    half = (Conv(16, 3, 2, padding=1), *norm, RELU, *(block * 3))
    return NetworkSpec((*half, *half, Flatten(), Linear()), "deep8")


def _small(pool: tuple[Layer, ...], stride: int = 1, after: tuple[Layer, ...] = ()) -> NetworkSpec:
    """Two convolutions, each made smaller by pooling or by its stride."""
    return NetworkSpec(
        (
            *(Conv(16, 3, stride, padding=1), RELU, *pool, *after),
            *(Conv(32, 3, stride, padding=1), RELU, *pool, *after),
            *(Flatten(), Linear()),
        ),
        "small2",
    )


def _wide(dropout: float = 0.0) -> NetworkSpec:
    """Two wide fully connected layers: enough weights to learn 500 images by heart."""
    drop = (Dropout(dropout),) if dropout else ()
    return NetworkSpec((Flatten(), *(Linear(256), RELU, *drop) * 2, Linear()), "wide")


DEEP = TrainingSpec("mnist", _deep(), 2, batch_size=64, learning_rate=0.01, limit=4000, validations=12)
FEW = TrainingSpec(
    "mnist",
    _wide(),
    40,
    batch_size=50,
    learning_rate=0.02,
    limit=500,
    label_smoothing=0.0,
    weight_decay=0.0,
    validations=20,
)
POOLED = TrainingSpec(
    "mnist",
    _small((Pool(2),)),
    20,
    batch_size=50,
    learning_rate=0.02,
    limit=500,
    label_smoothing=0.0,
    weight_decay=0.0,
    validations=15,
)
CLOTHES = TrainingSpec("fashion", "fast", 20, batch_size=50, limit=1000, validations=15)
RATES, BATCHES = (0.1, 1.0, 3.0), (16, 64, 256)
SIZES = (50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)
NOISES = (0.0, 0.2, 0.4, 0.8, 1.0)

TRICKS: dict[str, Trick] = {
    trick.name: trick
    for trick in (
        Trick(
            name="initialisation",
            title="First weights",
            question="How large should the first weights be? Eight convolutions, the same but for their first weights.",
            expect="With zero weights all units of a layer are the same and stay so. Too small, and the signal fades from layer "
            "to layer; too large, and it explodes. Xavier keeps its size for tanh; He keeps it for ReLU, which loses half of it.",
            note="What the curves of step 0 by depth show, the training then obeys: where the signal dies on its way forward, no "
            "gradient comes back.",
            runs={
                "All zero": replace(DEEP, initialisation="zero"),
                "Too small (0.001)": replace(DEEP, initialisation="small"),
                "Too large (1)": replace(DEEP, initialisation="large"),
                "PyTorch's own": DEEP,
                "Xavier": replace(DEEP, initialisation="xavier"),
                "He": replace(DEEP, initialisation="he"),
            },
            source="Glorot and Bengio, AISTATS 2010; He, Zhang, Ren and Sun, ICCV 2015",
            look="depth",
        ),
        Trick(
            name="normalisation",
            title="Normalisation",
            question="Does it matter over what one normalises: over the batch, the image, or groups of channels?",
            expect="Without normalisation eight layers hardly learn at this rate. Every normalisation repairs it. Batch normalisation "
            "needs a batch that is not too small; layer, group and instance normalisation look at one image alone.",
            note="One rate for all, 0.1: that a network can bear it is what normalisation gives.",
            runs={
                "None": replace(DEEP, learning_rate=0.1),
                "Batch": replace(DEEP, learning_rate=0.1, network=_deep(BatchNorm())),
                "Layer": replace(DEEP, learning_rate=0.1, network=_deep(GroupNorm(1))),
                "Group (4)": replace(DEEP, learning_rate=0.1, network=_deep(GroupNorm(4))),
                "Instance": replace(DEEP, learning_rate=0.1, network=_deep(GroupNorm(None))),
            },
            source="Ioffe and Szegedy, ICML 2015; Ba, Kiros and Hinton, 2016; Ulyanov et al., 2016; Wu and He, ECCV 2018",
            look="depth",
        ),
        Trick(
            name="regularisation",
            title="Regularisation",
            question="A wide network learns 500 digits by heart. What keeps it from overfitting?",
            expect="All reach nearly 100 % on the training images. Penalties and dropout make that harder, and some of it helps on the test images: "
            "expect one percent. Early stopping ends before the loss on the test images grows; it saves time.",
            note="With 500 images dropout is the one that is surely better than nothing here, by about a percent; the L1 penalty costs as much as it "
            "gives. More images would be worth ten percent: see “How much data”.",
            runs={
                "Nothing": FEW,
                "L2 (0.01)": replace(FEW, weight_decay=0.01),
                "L1 (0.0005)": replace(FEW, l1=0.0005),
                "Dropout (0.5)": replace(FEW, network=_wide(0.5)),
                "Label smoothing (0.1)": replace(FEW, label_smoothing=0.1),
                "Early stopping": replace(FEW, patience=2),
            },
            source="Krogh and Hertz, 1991; Srivastava et al., JMLR 2014; Szegedy et al., CVPR 2016; Prechelt, 1998",
            look="gap",
        ),
        Trick(
            name="pooling",
            title="Pooling on few images",
            question="With 500 images: does pooling help, and dropout behind it? And what do small shifts of the input change?",
            expect="Pooling forgets where in its window the largest value stood, so an image that is shifted by one or two pixels "
            "gives the same answer more often. With few images that is worth some accuracy.",
            note="Shifted test images, all four directions: the share of answers that stay as they were.",
            runs={
                "Max pooling": POOLED,
                "Average pooling": replace(POOLED, network=_small((Pool(2, mode="average"),))),
                "Strides instead": replace(POOLED, network=_small((), 2)),
                "Max pooling, dropout behind": replace(
                    POOLED, network=_small((Pool(2),), after=(Dropout(0.25),))
                ),
            },
            source="Zhang, Making convolutional networks shift-invariant again, ICML 2019; Springenberg et al., 2015",
            look="shift",
        ),
        Trick(
            name="augmentation",
            title="Augmentation",
            question="1000 images of clothes: what is gained if each is changed at random before it is learned?",
            expect="About one percent each, no more: a mirrored shirt is a shirt, but the test images are neither shifted nor rotated. What changes "
            "more is the training: the curves rise later, and the training images are fitted less well.",
            note="The training loss of an augmented network is higher, for its images are never the same twice.",
            runs={
                "None": CLOTHES,
                **{
                    title: replace(CLOTHES, augmentation=(name,))
                    for title, name in (
                        ("Flip", "flip"),
                        ("Shift", "crop"),
                        ("Rotate", "rotate"),
                        ("Cut-out", "cutout"),
                        ("Mixup", "mixup"),
                    )
                },
            },
            source="Krizhevsky et al., 2012; DeVries and Taylor, 2017; Zhang et al., ICLR 2018",
            look="augmented",
        ),
        Trick(
            name="flip",
            title="A flip that hurts",
            question="The same flip, for digits: is the mirror image of a 2 still a 2?",
            expect="No. The network must call two different shapes by one name, and the mirrored 2 looks like a 5. It gets worse.",
            note="Augmentation must change only what does not change the answer. A shift does not change a digit, and helps more than anything else here.",
            runs={
                "None": replace(CLOTHES, dataset="mnist"),
                "Flip": replace(CLOTHES, dataset="mnist", augmentation=("flip",)),
                "Shift": replace(CLOTHES, dataset="mnist", augmentation=("crop",)),
            },
            source="Simard, Steinkraus and Platt, ICDAR 2003",
            look="augmented",
        ),
        Trick(
            name="batch_size",
            title="Batch size and rate",
            question="If the batch is larger, must the rate be larger too?",
            expect="A larger batch makes fewer and surer steps in an epoch, so it bears a larger rate, and needs it: with a small one it does not "
            "get far. A small batch with a large rate jumps about, and fails.",
            note="All see the same images as often, 3 epochs. Rate 3 throws the small batch out with some seeds, and the large ones bear it; rate 0.1 is enough "
            "for the small batch, and too small for the large one.",
            runs={
                say("batch {size}, rate {rate:g}", size=size, rate=rate): TrainingSpec(
                    "mnist",
                    "fast",
                    3,
                    batch_size=size,
                    learning_rate=rate,
                    optimizer="sgd",
                    limit=4000,
                    validations=10,
                )
                for size in BATCHES
                for rate in RATES
            },
            source="Goyal et al., 2017; Keskar et al., ICLR 2017",
        ),
        Trick(
            name="data_size",
            title="How much data",
            question="How does the accuracy grow with the number of training images?",
            expect="On a logarithmic axis nearly straight for the error: each doubling takes away about the same share of the errors.",
            note="All make the same number of steps, so only the images differ.",
            runs={
                say("{size:,} images", size=size): TrainingSpec(
                    "mnist", "fast", SIZES[-1] // size, batch_size=50, limit=size, validations=6
                )
                for size in SIZES
            },
            source="Hestness et al., Deep learning scaling is predictable, empirically, 2017",
            look="final",
        ),
        Trick(
            name="noise",
            title="Wrong labels",
            question="What if some labels are wrong? And if all are random?",
            expect="A network that can learn its images by heart learns the wrong labels as well, and pays for it on the test images. With all labels "
            "random there is nothing to learn, and still every training image is fitted: the test images are answered by chance.",
            note="That a network can fit random labels means that a small training error alone proves nothing.",
            runs={
                say("{noise:.0%} random", noise=noise): replace(FEW, epochs=60, noise=noise)
                for noise in NOISES
            },
            source="Zhang, Bengio, Hardt, Recht and Vinyals, ICLR 2017",
            look="gap",
        ),
    )
}
