"""The data sets of the lecture, as published: what each holds, under which licence, and how to get it. A new one is one entry."""

from collections.abc import Mapping
from dataclasses import dataclass, field

TASK_TITLES = {
    "classes": "one class an image",
    "two": "one of two classes",
    "labels": "many labels an image",
    "ordinal": "a grade (ordered classes)",
    "boxes": "a class and boxes",
    "masks": "a mask of pixels",
}


@dataclass(frozen=True)
class PublishedSet:
    """What is known of a data set.

    Attributes:
        images: in all; ``splits``: how many of them in each part, as its makers divided them.
        classes: their number; ``size``: pixels of an image, height and width (and depth), or ``None`` where they differ.
        channels: 1 for grey, 3 for colour.
        task: a key of ``TASK_TITLES``.
        licence: or what its makers say in place of one.
        source: who made it, where it was published, what it was made from.
        get: how to get it; ``good_for``: what it teaches.
        note: what one should know before using it.
        bundled: its key in ``DATASETS`` if a part of it comes with us.
        loader: package and class that load it, if a kept library does.
        megabytes: of the download.
        withdrawn: why it is not to be used any more.
    """

    key: str
    title: str
    images: int
    classes: int
    size: tuple[int, ...] | None
    channels: int
    licence: str
    source: str
    get: str
    good_for: str
    splits: Mapping[str, int] = field(default_factory=dict)
    task: str = "classes"
    note: str = ""
    bundled: str = ""
    loader: str = ""
    megabytes: float = 0.0
    withdrawn: str = ""

    @property
    def size_text(self) -> str:
        return "×".join(map(str, self.size)) if self.size else "differs"


TORCHVISION = "torchvision.datasets downloads it, once, with its checksum"
MEDMNIST = "its file of Zenodo is downloaded, once, with the checksum of the package medmnist"
BY_HAND = "download it by hand after its terms were accepted, then bring its folder"

_FIGURES = (
    PublishedSet(
        key="mnist",
        title="MNIST",
        images=70_000,
        splits={"train": 60_000, "test": 10_000},
        classes=10,
        size=(28, 28),
        channels=1,
        licence="CC BY-SA 3.0",
        source="LeCun, Cortes and Burges, 1998; digits of the NIST, by employees and pupils",
        get=f"a part is bundled; {TORCHVISION}",
        good_for="the first network: it learns in seconds, and one sees what the kernels answer to",
        bundled="mnist",
        loader="torchvision:MNIST",
        megabytes=11.6,
    ),
    PublishedSet(
        key="fashion",
        title="Fashion-MNIST",
        images=70_000,
        splits={"train": 60_000, "test": 10_000},
        classes=10,
        size=(28, 28),
        channels=1,
        licence="MIT",
        source="Xiao, Rasul and Vollgraf, 2017; photos of a shop, made small",
        get=f"a part is bundled; {TORCHVISION}",
        good_for="the same size as MNIST and harder: a linear classifier is not enough",
        bundled="fashion",
        loader="torchvision:FashionMNIST",
        megabytes=30.9,
    ),
    PublishedSet(
        key="kmnist",
        title="Kuzushiji-MNIST",
        images=70_000,
        splits={"train": 60_000, "test": 10_000},
        classes=10,
        size=(28, 28),
        channels=1,
        licence="CC BY-SA 4.0",
        source="Clanuwat et al., Deep learning for classical Japanese literature, 2018",
        get=TORCHVISION,
        good_for="classes whose members look very different: one character has several forms",
        loader="torchvision:KMNIST",
        megabytes=21.2,
    ),
    PublishedSet(
        key="emnist",
        title="EMNIST (balanced)",
        images=131_600,
        splits={"train": 112_800, "test": 18_800},
        classes=47,
        size=(28, 28),
        channels=1,
        licence="public domain (NIST)",
        source="Cohen, Afshar, Tapson and van Schaik, 2017; letters and digits of the NIST",
        get=TORCHVISION,
        good_for="more classes, and pairs that nobody can tell apart (O and 0)",
        loader="torchvision:EMNIST",
        megabytes=561.8,
    ),
    PublishedSet(
        key="cifar10",
        title="CIFAR-10",
        images=60_000,
        splits={"train": 50_000, "test": 10_000},
        classes=10,
        size=(32, 32),
        channels=3,
        licence="none is stated; free for research with a citation",
        source="Krizhevsky, Learning multiple layers of features from tiny images, 2009",
        get=TORCHVISION,
        good_for="the course's task: 6,000 images a class, in colour, small enough for a laptop",
        note="Its images are taken from the 80 Million Tiny Images, which were withdrawn.",
        loader="torchvision:CIFAR10",
        megabytes=170.5,
    ),
    PublishedSet(
        key="cifar100",
        title="CIFAR-100",
        images=60_000,
        splits={"train": 50_000, "test": 10_000},
        classes=100,
        size=(32, 32),
        channels=3,
        licence="none is stated; free for research with a citation",
        source="Krizhevsky, Learning multiple layers of features from tiny images, 2009",
        get=TORCHVISION,
        good_for="few images a class (600): where augmentation and regularisation count",
        note="Its images are taken from the 80 Million Tiny Images, which were withdrawn.",
        loader="torchvision:CIFAR100",
        megabytes=169.0,
    ),
    PublishedSet(
        key="svhn",
        title="SVHN (cropped digits)",
        images=630_420,
        splits={"train": 73_257, "test": 26_032, "extra": 531_131},
        classes=10,
        size=(32, 32),
        channels=3,
        licence="for research, not for commerce",
        source="Netzer et al., Reading digits in natural images, 2011; house numbers of Street View",
        get=TORCHVISION,
        good_for="digits as they are in the world: colour, shadows, neighbours in the picture",
        loader="torchvision:SVHN",
        megabytes=246.5,
    ),
    PublishedSet(
        key="stl10",
        title="STL-10",
        images=113_000,
        splits={"train": 5_000, "test": 8_000, "unlabelled": 100_000},
        classes=10,
        size=(96, 96),
        channels=3,
        licence="as ImageNet: for research",
        source="Coates, Lee and Ng, AISTATS 2011; from ImageNet",
        get=TORCHVISION,
        good_for="few labels and many images without: what learning without labels is for",
        loader="torchvision:STL10",
        megabytes=2640.4,
    ),
    PublishedSet(
        key="imagenet",
        title="ImageNet",
        images=14_197_122,
        classes=21_841,
        size=None,
        channels=3,
        task="boxes",
        licence="for research and teaching, not for commerce; the images belong to their makers",
        source="Deng et al., CVPR 2009; pictures of the web, labelled by workers of Amazon Mechanical Turk along WordNet",
        get=BY_HAND,
        good_for="the set behind the networks that come trained; boxes for about a million images",
        note="People among the classes were labelled with insults; 2,702 of 2,832 person classes were taken out later (Yang et al., 2020).",
    ),
    PublishedSet(
        key="ilsvrc",
        title="ILSVRC 2012 (ImageNet-1k)",
        images=1_431_167,
        splits={"train": 1_281_167, "validation": 50_000, "test": 100_000},
        classes=1_000,
        size=None,
        channels=3,
        licence="for research and teaching, not for commerce",
        source="Russakovsky et al., ImageNet large scale visual recognition challenge, IJCV 2015",
        get=BY_HAND,
        good_for="the contest that AlexNet won in 2012; 'top-5 error' means its 1,000 classes",
        megabytes=147_900,
    ),
    PublishedSet(
        key="imagenette",
        title="Imagenette (160 pixels)",
        images=13_394,
        splits={"train": 9_469, "validation": 3_925},
        classes=10,
        size=None,
        channels=3,
        licence="as ImageNet: for research",
        source="Howard, fast.ai, 2019; ten classes of ImageNet that are easy to tell apart",
        get=f"{TORCHVISION}; or bring its folder",
        good_for="real photos and large networks in minutes",
        loader="torchvision:Imagenette",
        megabytes=99.0,
    ),
    PublishedSet(
        key="imagewoof",
        title="Imagewoof (160 pixels)",
        images=12_954,
        splits={"train": 9_025, "validation": 3_929},
        classes=10,
        size=None,
        channels=3,
        licence="as ImageNet: for research",
        source="Howard, fast.ai, 2019; ten breeds of dogs of ImageNet",
        get="imagewoof2-160.tgz is downloaded, once, with its checksum; or bring its folder",
        good_for="classes that differ in small things only",
        megabytes=92.6,
    ),
    PublishedSet(
        key="tiny_imagenet",
        title="Tiny ImageNet-200",
        images=120_000,
        splits={"train": 100_000, "validation": 10_000, "test": 10_000},
        classes=200,
        size=(64, 64),
        channels=3,
        licence="as ImageNet: for research",
        source="Stanford CS231n, 2015; 200 classes of ImageNet, 500 training images each",
        get="tiny-imagenet-200.zip is downloaded, once, with its checksum; or bring the zip file as it is",
        good_for="between CIFAR and ImageNet: deep networks begin to pay",
        megabytes=236.6,
    ),
    PublishedSet(
        key="isic2017",
        title="ISIC 2017, skin lesions",
        images=2_000,
        splits={"melanoma": 374, "seborrhoeic keratosis": 254, "nevus": 1_372},
        classes=3,
        size=None,
        channels=3,
        licence="CC0",
        source="Codella et al., Skin lesion analysis toward melanoma detection, ISBI 2017; the training part",
        get=BY_HAND,
        good_for="unequal classes: who always says 'nevus' is right in 69 % of the cases",
        note="Nearly all images show light skin.",
        megabytes=5_800,
    ),
    PublishedSet(
        key="covid_ct",
        title="COVID-CT",
        images=746,
        splits={"COVID-19": 349, "other": 397},
        classes=2,
        size=None,
        channels=3,
        task="two",
        licence="for research",
        source="Yang, He, Zhao et al., COVID-CT-dataset, 2020; figures of 760 preprints",
        get=BY_HAND,
        good_for="few images, and traps: they come from different printed figures, which a network may learn in place of the illness",
        note="216 patients: images of one patient must not stand in training and test.",
    ),
    PublishedSet(
        key="chest_xray",
        title="Chest X-ray, pneumonia",
        images=5_856,
        splits={"train": 5_232, "test": 624},
        classes=2,
        size=None,
        channels=1,
        task="two",
        licence="CC BY 4.0",
        source="Kermany et al., Cell 2018; children of one to five years, Guangzhou",
        get="small ones as PneumoniaMNIST; the large images by hand, then bring the folder",
        good_for="a task where accuracy is not enough: a missed illness costs more than a false alarm",
        megabytes=1_200,
    ),
    PublishedSet(
        key="youtube8m",
        title="YouTube-8M (2018)",
        images=6_134_598,
        splits={"train": 3_888_919, "validation": 1_112_356, "test": 1_133_323},
        classes=3_862,
        size=(1_024,),
        channels=1,
        task="labels",
        licence="CC BY 4.0 (features and labels)",
        source="Abu-El-Haija et al., YouTube-8M, 2016; features of videos by Inception",
        get="download some files of video-level records by hand, then bring them",
        good_for="videos as features that another network made: 1,024 numbers for the picture and 128 for the sound",
        note="Three labels a video in the mean; the videos themselves are not in it.",
        megabytes=31_000,
    ),
    PublishedSet(
        key="tiny_images",
        title="80 Million Tiny Images",
        images=79_302_017,
        classes=75_062,
        size=(32, 32),
        channels=3,
        licence="none; withdrawn",
        source="Torralba, Fergus and Freeman, 2008; search engines asked for 75,062 nouns",
        get="not at all",
        good_for="nothing any more; CIFAR-10 and CIFAR-100 were chosen from it",
        withdrawn="Its makers withdrew it in 2020: among the nouns were insults, and among the pictures such as nobody consented to "
        "(Prabhu and Birhane, 2020). At 32×32 pixels nobody could look through 80 million of them.",
    ),
)

_MEDICAL = (
    # key, title, what is seen, task, classes, train, validation, test, channels, licence
    ("pathmnist", "PathMNIST", "tissue of the colon", "classes", 9, 89_996, 10_004, 7_180, 3, "CC BY 4.0"),
    ("chestmnist", "ChestMNIST", "chest X-ray", "labels", 14, 78_468, 11_219, 22_433, 1, "CC BY 4.0"),
    ("dermamnist", "DermaMNIST", "skin through a dermatoscope", "classes", 7, 7_007, 1_003, 2_005, 3, "CC BY-NC 4.0"),
    ("octmnist", "OCTMNIST", "retina by optical coherence", "classes", 4, 97_477, 10_832, 1_000, 1, "CC BY 4.0"),
    ("pneumoniamnist", "PneumoniaMNIST", "chest X-ray of children", "two", 2, 4_708, 524, 624, 1, "CC BY 4.0"),
    ("retinamnist", "RetinaMNIST", "back of the eye", "ordinal", 5, 1_080, 120, 400, 3, "CC BY 4.0"),
    ("breastmnist", "BreastMNIST", "ultrasound of the breast", "two", 2, 546, 78, 156, 1, "CC BY 4.0"),
    ("bloodmnist", "BloodMNIST", "blood cells", "classes", 8, 11_959, 1_712, 3_421, 3, "CC BY 4.0"),
    ("tissuemnist", "TissueMNIST", "cells of the kidney", "classes", 8, 165_466, 23_640, 47_280, 1, "CC BY 4.0"),
    ("organamnist", "OrganAMNIST", "abdomen by CT, axial", "classes", 11, 34_581, 6_491, 17_778, 1, "CC BY 4.0"),
    ("organcmnist", "OrganCMNIST", "abdomen by CT, coronal", "classes", 11, 13_000, 2_392, 8_268, 1, "CC BY 4.0"),
    ("organsmnist", "OrganSMNIST", "abdomen by CT, sagittal", "classes", 11, 13_940, 2_452, 8_829, 1, "CC BY 4.0"),
    ("organmnist3d", "OrganMNIST3D", "organs by CT", "classes", 11, 972, 161, 610, 1, "CC BY 4.0"),
    ("nodulemnist3d", "NoduleMNIST3D", "nodules of the lung by CT", "two", 2, 1_158, 165, 310, 1, "CC BY 4.0"),
    ("adrenalmnist3d", "AdrenalMNIST3D", "shape of the adrenal gland, from CT", "two", 2, 1_188, 98, 298, 1, "CC BY 4.0"),
    ("fracturemnist3d", "FractureMNIST3D", "broken ribs by CT", "classes", 3, 1_027, 103, 240, 1, "CC BY-NC 4.0"),
    ("vesselmnist3d", "VesselMNIST3D", "shape of brain vessels, from MRA", "two", 2, 1_335, 192, 382, 1, "CC BY 4.0"),
    ("synapsemnist3d", "SynapseMNIST3D", "synapses by electron microscope", "two", 2, 1_230, 177, 352, 1, "CC BY 4.0"),
)  # fmt: skip
"""MedMNIST v2: the tables of Yang et al., 2023."""
V3 = ("organamnist", "organcmnist", "organsmnist", "organmnist3d", "vesselmnist3d")
"""Version 3 of the package took a few doubtful images out of these."""


def _medical(row: tuple[str, str, str, str, int, int, int, int, int, str]) -> PublishedSet:
    key, title, seen, task, classes, train, validation, test, channels, licence = row
    volumes = key.endswith("3d")
    return PublishedSet(
        key=key,
        title=f"{title}: {seen}",
        images=train + validation + test,
        splits={"train": train, "validation": validation, "test": test},
        classes=classes,
        size=(28, 28, 28) if volumes else (28, 28),
        channels=channels,
        task=task,
        licence=licence,
        source="Yang et al., MedMNIST v2, Scientific Data 10, 2023",
        get=MEDMNIST,
        good_for="volumes: convolution in three dimensions, or slice by slice"
        if volumes
        else f"medical images of one size: {seen}",
        note="Version 3 of the package has a few images less." if key in V3 else "",
        loader=f"medmnist:{title}",
    )


CATALOGUE: dict[str, PublishedSet] = {entry.key: entry for entry in (*_FIGURES, *map(_medical, _MEDICAL))}
"""By key; the order of the page."""


def file_names(key: str) -> tuple[str, str]:
    """What its download may be called: arrays, or pictures."""
    return f"{key}-published.npz", f"{key}-published.zip"


def published_as(name: str, origin: str) -> PublishedSet | None:
    """What is known of a kept data set that ``cnnviz.data.fetch`` got; ``None`` if it came from elsewhere.

    Args:
        name: its key in ``DATASETS``.
        origin: the name of the file that it came from.
    """
    return CATALOGUE.get(name) if origin in file_names(name) else None
