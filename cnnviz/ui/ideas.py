"""The ideas of the classic architectures on a page: tables, words, what else is looked at, one's own runs."""

from collections.abc import Mapping, Sequence

import streamlit as st
from plotly.graph_objects import Figure
from torch import Tensor

from cnnviz.data import DATASETS, load
from cnnviz.features import feature_maps
from cnnviz.features.reuse import Reuse, dense_reuse
from cnnviz.figures import Disc, NetworkDrawing, accuracy_against_work, network_drawing
from cnnviz.figures.network_drawing import written
from cnnviz.figures.outcomes import WORDS, curves_with_spread, gradients_by_layer, reuse_map
from cnnviz.inspection import milliseconds
from cnnviz.models import build, summary
from cnnviz.models.architectures.ideas import IDEAS, Idea
from cnnviz.training import TrainingSpec, trained
from cnnviz.training.code import training_code
from cnnviz.training.outcomes import OF_SEED, Outcome, Quantity, bundled, idea_training
from cnnviz.ui.architectures import amount
from cnnviz.ui.charts import chart
from cnnviz.ui.comparisons import percent
from cnnviz.ui.components import map_wall
from cnnviz.ui.jobs import Progress
from cnnviz.ui.map_walls import wall_items
from cnnviz.ui.memory import remember
from cnnviz.ui.outside import plain
from cnnviz.words import _

DENSE, OCTAVE = ("mini_densenet", "dense2"), "mini_octresnet"
FREQUENCIES = {"block2.both3.high.relu1": "high frequency", "block2.both3.low.relu1": "low frequency"}
USUAL_DEPTH = "20 layers"


def rows_of(found: Sequence[Outcome], times: Mapping[str, float] | None = None) -> list[dict[str, str]]:
    """A row a network, as the table shows it.

    Args:
        times: title -> milliseconds for one image.
    """
    rows = []
    for one in found:
        row = {_("network"): plain(_(one.title)), _("test accuracy"): percent(one.accuracy)}
        if one.error is not None:
            row[_("training error")] = percent(one.error)
        row[_("parameters")] = f"{one.parameters:,}"
        row[_("multiply-adds")] = amount(one.multiply_adds)
        if times is not None:
            row[_("ms an image")] = f"{times[one.title]:.2f}"
        row[_("one unit sees")] = f"{one.reach}×{one.reach}"
        rows.append(row)
    return rows


def how(name: str) -> str:
    """How the bundled result was made."""
    about = bundled(name)
    return _(
        "{seeds} seeds; the band reaches from the lowest to the highest. "
        "{images:,} training images of {title}, {epochs} epochs, measured on all test images.",
        seeds=about.seeds,
        images=about.images,
        title=_(DATASETS[about.dataset].title),
        epochs=about.epochs,
    )


def curves_in_words(found: Sequence[Outcome], quantity: Quantity) -> str:
    return _("{words} at the end: ", words=_(WORDS[quantity]).capitalize()) + "; ".join(
        f"{_(one.title)} {getattr(one, quantity).mean:.3f}" for one in found
    )


def usual_curve(idea: Idea) -> Quantity:
    """What tells most: whether it learns at all, or how good it gets."""
    return "loss" if idea.look == "gradients" else "accuracy"


def quantity(name: str) -> Quantity:
    return "loss" if name == "loss" else "accuracy"


def show_curves(name: str, quantity: Quantity) -> None:
    """Of the bundled result."""
    chart("curves", curves_in_words(bundled(name).outcomes, quantity), bundled_curves, name, quantity)


def bundled_curves(name: str, quantity: Quantity) -> Figure:
    """By the idea's name, which is a short key for so many numbers."""
    return curves_with_spread(bundled(name).outcomes, quantity)


def bundled_gradients(name: str) -> Figure:
    return gradients_by_layer(bundled(name).outcomes)


def show_own_curves(found: Sequence[Outcome], quantity: Quantity) -> None:
    chart("own_spread", curves_in_words(found, quantity), curves_with_spread, found, quantity)


def times(name: str, progress: Progress) -> dict[str, float]:
    """Milliseconds that one image takes in each network of an idea, on this machine, now."""
    entry, found = DATASETS[bundled(name).dataset], {}
    for number, (title, spec) in enumerate(IDEAS[name].networks.items()):
        progress(number / len(IDEAS[name].networks))
        found[title] = milliseconds(build(spec, entry.shape, len(entry.classes)).eval(), entry.shape)
    return found


def drawing_of(name: str, title: str) -> NetworkDrawing:
    entry = DATASETS[bundled(name).dataset]
    return network_drawing(summary(IDEAS[name].networks[title], entry.shape, len(entry.classes)), title)


def show_gradients(name: str) -> None:
    """What each layer is told in the first step."""
    found = bundled(name).outcomes
    st.subheader(_("How much of the gradient arrives in each layer"), anchor=False)
    words = "; ".join(
        _(
            "{title}: {gradient:.3g} in the first layer, {gradient2:.3g} in the last",
            title=_(one.title),
            gradient=one.gradients[0],
            gradient2=one.gradients[-1],
        )
        for one in found
    )
    chart(
        "gradients",
        _("Norm of the gradient in the first step. {words}", words=words),
        bundled_gradients,
        name,
    )
    st.caption(
        _(
            "The norm of the gradient of the loss for each layer's weights in the first step, mean over the seeds. Flat is good: all layers then learn at one pace. "
            "Without batch normalisation it shrinks towards the image; with it, in plain networks, it grows (Yang et al., ICLR 2019); "
            "skip connections hold it together."
        )
    )


def show_reuse(dataset: str) -> None:
    """Which earlier maps the trained small DenseNet uses."""
    st.subheader(_("Which earlier maps does each layer use?"), anchor=False)
    reuse: Reuse = remember(reuse_of, dataset)
    rows = zip(reuse.layers, reuse.weights, strict=True)
    words = "; ".join(
        _("{layer} uses ", layer=layer)
        + ", ".join(
            f"{source} {weight:.2f}"
            for source, weight in zip(reuse.sources, row, strict=True)
            if weight is not None
        )
        for layer, row in rows
    )
    chart(
        "reuse", _("Mean absolute weight, the largest of a row is 1: {words}", words=words), reuse_map, reuse
    )
    st.caption(
        _(
            "Second dense block of the small DenseNet, trained by us on {title}. All layers still use the oldest maps (the first column), "
            "though newer ones more. In figure 5 of the paper, of a network trained for 300 epochs, it is the same.",
            title=_(DATASETS[dataset].title),
        )
    )


def reuse_of(dataset: str) -> Reuse:
    network, block = DENSE
    return dense_reuse(trained(network, dataset), block)


def show_frequencies(dataset: str, number: int) -> None:
    """The maps of both frequencies, for one test image."""
    test = load(dataset, "test")
    maps = remember(both_frequencies, dataset, test.images[number].float() / 255)
    items = remember(wall_items, maps, None)
    map_wall("frequencies", items)
    shapes = _(" and ").join(f"{title}: {written(tuple(maps[title].shape))}" for title in maps)
    st.caption(
        _(
            "Second block of the small OctConv-ResNet (α = 0.5, trained by us) for test image {number}, {class_name}. {shapes}.",
            number=number,
            class_name=test.classes[int(test.labels[number])],
            shapes=shapes,
        )
    )


def both_frequencies(dataset: str, image: Tensor) -> dict[str, Tensor]:
    maps = feature_maps(trained(OCTAVE, dataset), image)
    return {title: maps[layer] for layer, title in FREQUENCIES.items()}


def show_work(found: Sequence[Outcome], measured: Mapping[str, float] | None) -> None:
    """Accuracy against operations, or against time."""
    work = _("million multiply-adds") if measured is None else _("ms for one image")
    discs = [
        Disc(
            _(one.title),
            one.multiply_adds / 1e6 if measured is None else measured[one.title],
            100 * one.accuracy.mean,
            one.parameters,
        )
        for one in found
    ]
    low, high = min(disc.y for disc in discs) - 1.5, max(disc.y for disc in discs) + 1.5
    words = "; ".join(
        _("{title}: {y:.1f} % at {x:.3g} {work}", title=_(disc.title), y=disc.y, x=disc.x, work=work)
        for disc in discs
    )
    chart("work", words, accuracy_against_work, discs, work, low, high)


def titles_by_name(idea: Idea) -> dict[str, str]:
    """Name of the specification, as links have it -> title."""
    return {spec.name: title for title, spec in idea.networks.items()}


def usual_names(idea: Idea) -> tuple[str, ...]:
    """What one trains oneself if nothing else is said: all, or of many the middle size."""
    if len(idea.networks) <= 4:
        return tuple(spec.name for spec in idea.networks.values())
    return tuple(spec.name for title, spec in idea.networks.items() if title.endswith(USUAL_DEPTH))


def racers(name: str, networks: Sequence[str], seeds: int, epochs: int) -> dict[str, TrainingSpec]:
    """Title with its seed -> what to train."""
    titles = titles_by_name(IDEAS[name])
    return {
        f"{titles[network]}{OF_SEED}{seed}": idea_training(name, titles[network], seed, epochs)
        for network in networks
        for seed in range(seeds)
    }


def ideas_code(name: str) -> str:
    """The training of the first network of an idea, seed 0."""
    return training_code(idea_training(name, next(iter(IDEAS[name].networks)), 0))
