"""Accuracy and work of networks on a page: published ones, and small ones measured here."""

from collections.abc import Mapping, Sequence

from cnnviz.data import DATASETS
from cnnviz.figures import Disc
from cnnviz.inspection import milliseconds
from cnnviz.models import ARCHITECTURES, PRESET_TITLES, PRESETS, summary
from cnnviz.models.architectures import COMPETITION, imagenet_top1
from cnnviz.training import trained, trained_networks
from cnnviz.ui.jobs import Progress
from cnnviz.words import _

_SIDES = {
    **dict.fromkeys(
        ("vgg16", "resnet34", "efficientnet_lite0", "mini_zfnet", "mini_densenet"), "bottom center"
    ),
    **dict.fromkeys(("octresnet50", "mini_octresnet", "resnet101", "mini_googlenet"), "top center"),
    **dict.fromkeys(("mobilenet_v2", "resnet50", "googlenet", "mini_mobilenet"), "middle left"),
}
"""Where a title stands, so that neighbours leave each other room."""


def competition_rows() -> list[dict[str, str]]:
    return [
        {
            _("year"): str(entry.year),
            _("place"): str(entry.place),
            _("who"): entry.name,
            _("top-5 error"): f"{entry.top5_error:g} %",
            _("layers with weights"): _("many networks")
            if entry.layers is None
            else str(entry.layers or _("none")),
            _("source"): entry.source,
        }
        for entry in COMPETITION
    ]


def published() -> list[Disc]:
    """Published networks: billions of multiply-adds against published top-1 accuracy on ImageNet."""
    found = []
    for name, entry in ARCHITECTURES.items():
        accuracy = imagenet_top1(name)
        if accuracy is not None:
            work = entry.summary().multiply_adds / 1e9
            found.append(Disc(_(entry.title), work, accuracy, entry.parameters, side=_side(name)))
    return found


def _side(name: str) -> str:
    return _SIDES.get(name, "middle right")


def small_names(dataset: str) -> list[str]:
    """The small networks that come trained on a data set."""
    return [name for name, other in trained_networks() if other == dataset]


def short_title(name: str) -> str:
    return PRESET_TITLES[name].partition(":")[0].removeprefix("Small ")


def times(dataset: str, progress: Progress) -> dict[str, float]:
    """Milliseconds that one image takes in each small network, on this machine, now."""
    names, found = small_names(dataset), {}
    for number, name in enumerate(names):
        progress(number / len(names))
        found[name] = milliseconds(trained(name, dataset), DATASETS[dataset].shape)
    return found


def small(dataset: str, measured: Mapping[str, float] | None) -> list[Disc]:
    """The small networks: millions of multiply-adds, or milliseconds, against the accuracy on the test
    images.
    """
    entry, found = DATASETS[dataset], []
    for name in small_names(dataset):
        plan = summary(PRESETS[name], entry.shape, len(entry.classes))
        work = plan.multiply_adds / 1e6 if measured is None else measured[name]
        accuracy = 100 * trained_networks()[name, dataset].accuracy
        found.append(Disc(short_title(name), work, accuracy, plan.parameters, side=_side(name)))
    return found


def rows_of(shown: Sequence[Disc], work: str) -> list[dict[str, str]]:
    """The chart as a table."""
    return [
        {
            _("network"): _(disc.title),
            _(work): f"{disc.x:.3g}",
            _("accuracy"): f"{disc.y:.1f} %",
            _("parameters"): f"{disc.parameters:,}",
        }
        for disc in sorted(shown, key=lambda disc: -disc.y)
    ]


def in_words(shown: Sequence[Disc], work: str) -> str:
    return "; ".join(
        _("{title}: {y:.1f} % at {x:.3g} {work}", title=_(disc.title), y=disc.y, x=disc.x, work=work)
        for disc in shown
    )


def depth_code(dataset: str) -> str:
    """The numbers of the page."""
    return f"""\
from cnnviz.data import DATASETS, load
from cnnviz.inspection import milliseconds
from cnnviz.models import ARCHITECTURES
from cnnviz.models.architectures import COMPETITION, imagenet_top1
from cnnviz.training import evaluate, trained, trained_networks

for entry in COMPETITION:
    print(entry.year, entry.name, entry.top5_error, entry.layers)
for name, entry in ARCHITECTURES.items():
    plan = entry.summary()
    print(name, plan.parameters, plan.multiply_adds, imagenet_top1(name))
test = load("{dataset}", "test")
for name, dataset in trained_networks():
    if dataset == "{dataset}":
        network = trained(name, dataset)
        print(name, evaluate(network, test).accuracy, milliseconds(network, DATASETS[dataset].shape))
"""
