"""Tricks that need no new training: averaging over views, ensembles, adversarial images, GELU as a random gate."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
import torch
from plotly.graph_objects import Figure
from torch import Tensor

from cnnviz.data import load
from cnnviz.features import (
    Attack,
    Views,
    accuracy_by_size,
    accuracy_under_attack,
    answers_by_view,
    disagreement,
    fgsm,
    views_of,
)
from cnnviz.figures import image_sheet, judged_labels, lines, map_sheet
from cnnviz.figures.outcomes import disagreement_map, gate_curves
from cnnviz.ops.random_gate import random_gate
from cnnviz.training import trained
from cnnviz.training.recorded import ENSEMBLE_IMAGES, MEMBERS, ensembles, views_network
from cnnviz.ui.charts import chart
from cnnviz.ui.components import WallItem, map_wall
from cnnviz.ui.frame import play_first
from cnnviz.ui.jobs import Progress, job, part
from cnnviz.ui.memory import remember
from cnnviz.ui.states.training_tricks import TrainingTricks
from cnnviz.ui.tables import table_in_words
from cnnviz.words import _

NETWORK = "mini_resnet"
TRAINED = {"images as they are": False, "shifted and mirrored images": True}
ASKED = 1000
"""Test images over which accuracies are measured."""
EPSILONS = (0.0, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.15, 0.2, 0.25, 0.3)
GATE = torch.linspace(-3, 3, 61)


@dataclass(frozen=True)
class View:
    """A trick that is looked at on networks that are trained already.

    Attributes:
        show: draws its pictures, right of the words.
        code: PyTorch that gives the page's numbers.
    """

    question: str
    expect: str
    source: str
    show: Callable[[], None]
    code: Callable[[], str]


def show_views() -> None:
    number = TrainingTricks.number.draw()
    with play_first():
        map_wall("views", remember(view_items, number))
    found = job("views", _("Asking for ten views of {asked:,} images", asked=ASKED), _asked)
    if found is None:
        return
    rows = []
    for title, views in found.items():
        alone = [views.accuracy(view) for view in range(len(views.names))]
        crops = Views(views.names[:5], views.answers[:5], views.labels)
        rows.append(
            {
                _("trained on"): title,
                _("centre alone"): f"**{alone[0]:.1%}**",
                _("worst view alone"): f"{min(alone):.1%}",
                _("mean of five crops"): f"**{crops.accuracy():.1%}**",
                _("and their mirror images"): f"**{views.accuracy():.1%}**",
            }
        )
    st.markdown(table_in_words(rows))
    st.caption(
        _(
            "Share of right answers of two networks over the first {asked:,} test images of Fashion-MNIST. A view helps only a network that has been "
            "trained on such views.",
            asked=ASKED,
        )
    )


def _asked(progress: Progress) -> dict[str, Views]:
    test = load("fashion", "test", ASKED)
    found = {}
    for number, (title, augmented) in enumerate(TRAINED.items()):
        found[title] = answers_by_view(
            views_network(augmented),
            test.floats(),
            test.labels,
            progress=part(progress, number, len(TRAINED)),
        )
    return found


def view_items(number: int) -> list[WallItem]:
    """The ten views of one image, with the answer of each network to each."""
    test = load("fashion", "test")
    image, label = test.floats(slice(number, number + 1)), test.labels[number : number + 1]
    views, items = views_of(image), []
    for title, augmented in TRAINED.items():
        found = answers_by_view(views_network(augmented), image, label)
        labels = judged_labels(found.answers[:, 0], label.expand(len(views)), test.classes)
        (mean,) = judged_labels(found.averaged, label, test.classes)
        sheet = image_sheet(
            torch.cat(list(views.values())),
            len(views),
            _("views of a {class_name}", class_name=test.classes[int(label)]),
        )
        heading = _(
            "{class_name}, to a network trained on {title}; the mean: {mean}",
            class_name=test.classes[int(label)],
            title=title,
            mean=mean[0],
        )
        items.append(WallItem(heading, sheet, "", _("image"), labels, 62, 900, legend=False))
    return items


def show_ensembles() -> None:
    size = TrainingTricks.members.draw()
    by_size: dict[str, list[float]] = remember(ensemble_curves)
    words = "; ".join(
        _(
            "{kind}: {value:.1%} alone, {value2:.1%} of {members}",
            kind=kind,
            value=values[0],
            value2=values[-1],
            members=MEMBERS,
        )
        for kind, values in by_size.items()
    )
    chart(
        "ensembles",
        words,
        lines,
        by_size,
        tuple(range(1, MEMBERS + 1)),
        _("networks asked together"),
        _("test accuracy, %"),
    )
    first, second = by_size.values()
    st.markdown(
        _(
            "**{size}** networks with different seeds: **{first:.1%}**; **{size}** snapshots of one run: **{second:.1%}**; "
            "one network alone: {first2:.1%}.",
            size=size,
            first=first[size - 1],
            second=second[size - 1],
            first2=first[0],
        )
    )
    for place, (kind, title) in zip(
        st.columns(2),
        (("seeds", _("Different seeds")), ("snapshots", _("Snapshots of one run"))),
        strict=True,
    ):
        with place:
            table = disagreement(ensembles()[kind][0])
            apart = table[~torch.eye(MEMBERS, dtype=torch.bool)]
            st.markdown(
                _(
                    "**{title}**: two of them disagree in {apart:.1%} of the images",
                    title=title,
                    apart=apart.mean(),
                )
            )
            chart(
                f"apart_{kind}",
                _(
                    "{title}: disagreement from {apart:.1%} to {apart2:.1%}",
                    title=title,
                    apart=apart.min(),
                    apart2=apart.max(),
                ),
                disagreement_map,
                table,
            )
    st.caption(
        _(
            "The accuracy of a size is the mean over groups of this size, on {ensemble_images:,} test images of Fashion-MNIST. The snapshots are those of "
            "one run in which the rate falls and is raised again ten times; it works as long as the ten others together.",
            ensemble_images=ENSEMBLE_IMAGES,
        )
    )


def ensemble_curves() -> dict[str, list[float]]:
    found = ensembles()
    return {
        _("different seeds"): accuracy_by_size(*found["seeds"]),
        _("snapshots of one run"): accuracy_by_size(*found["snapshots"]),
    }


def show_attack() -> None:
    left, right = st.columns(2)
    dataset, number = TrainingTricks.images.draw(left), TrainingTricks.number.draw(right)
    epsilon = TrainingTricks.epsilon.draw()
    with play_first():
        map_wall("attack", remember(attack_items, dataset, number, epsilon))
    curves = job("attack_curves", _("Attacking {asked:,} images", asked=ASKED), _attacked, dataset)
    if curves is None:
        return
    near = min(range(len(EPSILONS)), key=lambda place: abs(EPSILONS[place] - epsilon))
    words = "; ".join(
        _(
            "{title}: {value:.1%} without, {value2:.1%} at ε = {epsilons:g}",
            title=title,
            value=values[0],
            value2=values[near],
            epsilons=EPSILONS[near],
        )
        for title, values in curves.items()
    )
    chart("attack_curve", words, lines, curves, EPSILONS, "ε", _("test accuracy"), percent=True)
    st.caption(
        _(
            "{words}. Random signs of the same size do little: it is the direction that deceives. {asked:,} test images.",
            words=words,
            asked=ASKED,
        )
    )


def _attack(dataset: str, number: int, epsilon: float) -> Attack:
    test = load(dataset, "test")
    one = slice(number, number + 1)
    return fgsm(trained(NETWORK, dataset), test.floats(one), test.labels[one], epsilon)


def attack_items(dataset: str, number: int, epsilon: float) -> list[WallItem]:
    """The image, the change, and the changed image, with both answers."""
    test, found = load(dataset, "test"), _attack(dataset, number, epsilon)
    label = test.labels[number : number + 1]

    def picture(title: str, images: Tensor, answers: Tensor) -> WallItem:
        labels = judged_labels(answers, label, test.classes)
        return WallItem(title, image_sheet(images, 1, title), "", _("image"), labels, 168, 220, legend=False)

    change = map_sheet(
        epsilon * found.direction[0],
        span=(-max(epsilon, 1e-6), max(epsilon, 1e-6)),
        what=_("change"),
        signed=True,
    )
    return [
        picture(_("Image"), found.images, found.before),
        WallItem("Change", change, "", _("image"), (), 168, 220),
        picture(_("Changed image"), found.changed, found.after),
    ]


def _attacked(dataset: str, progress: Progress) -> dict[str, list[float]]:
    test = load(dataset, "test", ASKED)
    return accuracy_under_attack(trained(NETWORK, dataset), test.floats(), test.labels, EPSILONS, progress)


def show_gate() -> None:
    draws = TrainingTricks.draws.draw()
    mean = random_gate(GATE, draws).mean(0)
    gelu = torch.nn.functional.gelu(GATE)
    apart = (mean - gelu).abs().max().item()
    words = _("The mean of {draws} masked values lies within {apart:.3f} of GELU", draws=draws, apart=apart)
    with play_first():
        chart("gate", words, gate_figure, draws)
    st.caption(
        _(
            "{words}. Each point is x times a mask that is 1 with the probability Φ(x), drawn {draws} times and averaged. "
            "ReLU decides by the sign of x alone, dropout by a coin that does not look at x; this coin looks at x.",
            words=words,
            draws=draws,
        )
    )


def gate_figure(draws: int) -> Figure:
    return gate_curves(GATE, random_gate(GATE, draws))


def _views_code() -> str:
    return f"""\
import torch
from cnnviz.data import load
from cnnviz.features import answers_by_view
from cnnviz.training.recorded import views_network

test = load("fashion", "test", {ASKED})
for augmented in (False, True):
    found = answers_by_view(views_network(augmented), test.floats(), test.labels)
    print(f"centre {{found.accuracy(0):.1%}}, mean of ten views {{found.accuracy():.1%}}")
"""


def _ensemble_code() -> str:
    return f"""\
from cnnviz.features import accuracy_by_size, disagreement
from cnnviz.training.recorded import ensembles

for kind, (answers, labels) in ensembles().items():  # (networks, images, classes) probabilities
    shares = accuracy_by_size(answers, labels)
    print(kind, f"{{shares[{TrainingTricks.members.now - 1}]:.1%}}")
    print(disagreement(answers))
"""


def _attack_code() -> str:
    dataset, number, epsilon = (
        TrainingTricks.images.now,
        TrainingTricks.number.now,
        TrainingTricks.epsilon.now,
    )
    return f"""\
import torch
from torch import nn
from cnnviz.data import load
from cnnviz.training import trained

network, test = trained("{NETWORK}", "{dataset}"), load("{dataset}", "test")
image, label = test.floats(slice({number}, {number + 1})), test.labels[{number}:{number + 1}]

image.requires_grad_()
loss = nn.functional.cross_entropy(network(image), label)
loss.backward()
changed = (image + {epsilon:g} * image.grad.sign()).clamp(0, 1).detach()
with torch.inference_mode():
    for pixels in (image, changed):
        answer = network(pixels).softmax(dim=1)[0]
        print(test.classes[answer.argmax()], f"{{answer.max():.0%}}")
"""


def _gate_code() -> str:
    return f"""\
import torch

x = torch.linspace(-3, 3, 61)
generator = torch.Generator().manual_seed(0)
chance = torch.special.ndtr(x).expand({TrainingTricks.draws.now}, 61)  # the probability that x passes
mean = (x * torch.bernoulli(chance, generator=generator)).mean(dim=0)
print((mean - torch.nn.functional.gelu(x)).abs().max())
"""


VIEWS: dict[str, View] = {
    "views": View(
        "Show the network ten views of an image instead of one, and average its answers. What is that worth?",
        "Errors of single views are partly chance, and the mean takes some of them away. But views that training never showed do harm: "
        "only a network that was trained on shifted and mirrored images gains.",
        "Krizhevsky, Sutskever and Hinton, NeurIPS 2012, section 4.1",
        show_views,
        _views_code,
    ),
    "ensemble": View(
        "Ask several networks and average their answers: how many are worth it, and must each be trained from the start?",
        "The first few help most. Networks with different seeds err at different images, and that is what an ensemble lives on; snapshots of "
        "one run are more alike.",
        "Hansen and Salamon, 1990; Lakshminarayanan et al., NeurIPS 2017; Huang et al., Snapshot ensembles, ICLR 2017",
        show_ensembles,
        _ensemble_code,
    ),
    "fgsm": View(
        "How small a change of the pixels makes a good network err?",
        "A change that you hardly see, if each pixel moves in the direction in which the loss grows. Random changes of the same size do little.",
        "Goodfellow, Shlens and Szegedy, Explaining and harnessing adversarial examples, ICLR 2015",
        show_attack,
        _attack_code,
    ),
    "gelu": View(
        "What have dropout and ReLU to do with each other?",
        "Both multiply by 0 or 1. Draw the mask by a coin that is the surer the larger x is: the mean of many draws is GELU.",
        "Hendrycks and Gimpel, Gaussian error linear units, 2016",
        show_gate,
        _gate_code,
    ),
}
