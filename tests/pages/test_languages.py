"""In another language nothing stays English, and whoever changes the language keeps what was chosen."""

import re

import pytest
from streamlit.testing.v1 import AppTest

import explorer_app
from cnnviz.data import DATASETS
from cnnviz.data.photos import PHOTOS
from cnnviz.models import ARCHITECTURES
from cnnviz.models.architectures.history import COMPETITION
from cnnviz.models.pretrained import imagenet_classes
from cnnviz.words import LANGUAGES
from tests import pseudo
from tests.pages.conftest import Open, at_rest, until
from tests.pages.texts import texts

PAGES = [
    lesson.file
    for chapter in explorer_app.CHAPTERS
    for lesson in chapter.lessons
    if lesson.title != "Lectures"  # it shows what lecturers wrote, in the language that they wrote in
]
NAMES = re.compile(
    r"""
    [A-Z][a-z]*[A-Z]\w*[-.\d ]*     # of networks, methods and libraries: ReLU6, MobileNetV2, GPU
    | \w*\d\w*(?:\.\w+)*            # of layers: residual3.conv1, stage2.block1.shortcut
    | \w+_\w+                      # stem_conv
    | [a-z]+(?=\ \(\d)              # normalise (1×28×28)
    """,
    re.VERBOSE,
)
SAID_BY_NOBODY = frozenset(
    (
        *LANGUAGES.values(),
        "Pseudo",
        *(
            "SqueezeNet",
            "ResNet",
            "DenseNet",
            "GoogLeNet",
            "OctConv",
            "EfficientNet",
            "MobileNet",
            "AlexNet",
            "ZF Net",
            "ZFNet",
        ),
        *(
            "LeNet",
            "ImageNet",
            "Net",
            "VGG",
            "ConvNeXt",
            "Lite",
            "Flickr",
            "MNIST",
            "CIFAR",
            "Fashion",
            "torch",
            "torchvision",
            "bottleneck",
            "streamlit",
            "cpu",
        ),
        # Networks, layers and functions as the code writes them.
        *(
            "tiny",
            "fast",
            "linear",
            "mlp",
            "unet",
            "scenenet",
            "detector",
            "conv",
            "relu",
            "pool",
            "flatten",
            "norm",
            "tanh",
            "sigmoid",
            "mnist",
            "normalise",
            "residual",
            "octave",
            "both",
            "concat",
            "parallel",
            "branches",
        ),
        "face",  # a class: no face, face
        # Units.
        *("MB", "GB", "GiB", "ms", "px", "CPU", "GPU", "IoU", "FLOP", "GFLOP"),
    )
)
"""Names are the same in all languages."""
CITES = re.compile(r"\b(19|20)\d\d\b|CC0|CC BY|arXiv|et al\.|\bIJCV\b|\bProc\.")
IN_BRACKETS = re.compile(r"\([^()]*\b(19|20)\d\d\b[^()]*\)")
"""Who wrote it, and where: as it is printed there."""
pseudo.install()


def names() -> set[str]:
    """Names of classes and photographers stand in the data."""
    found = set(SAID_BY_NOBODY)
    for data in DATASETS.values():
        found.update(str(name) for name in data.classes)
    found.update(imagenet_classes())
    found.update(entry.name for entry in COMPETITION)
    found.update(name for entry in ARCHITECTURES.values() for name in (entry.title, entry.authors))
    found.update(photo.source for photo in PHOTOS.values())
    return {word for name in found for word in re.findall(r"[A-Za-z]{2,}", name)}


def forgotten(app: AppTest) -> list[tuple[str, str]]:
    """(where, text) of what is still English."""
    known, found = names(), []
    for where, text in texts(app):
        # A cell of a table, or a line, that cites somebody is as it was printed.
        parts = [
            part
            for part in re.split(r"\n| \| |(?<=\d\*\*\.) |(?<=\d\.) ", text)
            if not CITES.search(part) or pseudo.OPEN in part
        ]
        left = pseudo.unsaid(NAMES.sub(" ", IN_BRACKETS.sub(" ", " ".join(parts))))
        if [word for word in left.split() if word not in known]:
            found.append((where, text))
    return found


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_forgotten(open_page: Open, page: str) -> None:
    app = until(open_page(page, language=pseudo.NAME), at_rest)
    assert not app.exception
    assert not forgotten(app)


def test_what_was_chosen_stays(open_page: Open) -> None:
    app = open_page("pages/seeing/pooling.py", window="3", mode="average", whole="true")
    app.selectbox(key="language").set_value("de").run()
    assert not app.exception
    assert app.query_params["language"] == "de"
    kept = {name: app.query_params[name] for name in ("window", "mode", "whole")}
    assert kept == {"window": "3", "mode": "average", "whole": "true"}
    assert app.number_input(key="window-de").value == 3
    assert app.selectbox(key="mode-de").value == "average"
    app.number_input(key="window-de").set_value(4).run()
    assert app.query_params["window"] == "4"
    app.selectbox(key="language-de").set_value("en").run()
    assert app.number_input(key="window").value == 4
    assert app.selectbox(key="mode").value == "average"


def test_the_language_goes_with_the_visitor(open_page: Open) -> None:
    app = open_page("pages/seeing/pooling.py", language=pseudo.NAME)
    app.switch_page("pages/seeing/dropout.py").run()
    assert app.header[0].value == pseudo.pseudo("Dropout")
    assert app.query_params["language"] == pseudo.NAME


def test_an_error_is_said_in_the_language(open_page: Open) -> None:
    app = open_page("pages/seeing/pooling.py", language=pseudo.NAME, window="6", rows="2", cols="2")
    assert [error.value for error in app.error]
    assert not [error.value for error in app.error if pseudo.unsaid(error.value)]


@pytest.mark.parametrize(
    ("page", "parameters"),
    [
        pytest.param("pages/learning/training_lab.py", {"run": "nobody-0"}, id="an unknown run"),
        pytest.param("pages/learning/runs.py", {"race": "nobody-0"}, id="an unknown comparison"),
        pytest.param("pages/learning/builder.py", {"network": "broken"}, id="a broken network"),
    ],
)
def test_what_a_link_has_wrong_is_said_in_the_language(
    open_page: Open, page: str, parameters: dict[str, str]
) -> None:
    app = until(open_page(page, language=pseudo.NAME, **parameters), at_rest)
    said = [error.value for error in app.error]
    assert said
    assert not [
        error for error in said if [word for word in pseudo.unsaid(error).split() if word != "nobody"]
    ]
