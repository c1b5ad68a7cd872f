"""Test images as points: classes come apart while the network learns."""

import streamlit as st
from torch import Tensor, nn

from cnnviz.data import ImageDataset, load
from cnnviz.features import probabilities, shapes
from cnnviz.features.embedding import embedding_code
from cnnviz.figures import Sheet, image_sheet
from cnnviz.ui.components import scatter
from cnnviz.ui.frame import Experiment, play_first, section, show_code, source, title, try_this
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import open_network
from cnnviz.ui.points import groups_of, layout_at
from cnnviz.ui.runs import EXAMPLE, choose_run
from cnnviz.ui.states.embedding import Embedding
from cnnviz.words import _

title(
    "Embedding",
    "Each test image is a point; near points look alike to the layer. While the network learns, the classes come apart.",
)


def in_words(test: ImageDataset, answers: Tensor) -> list[str]:
    """Of each test image: what it is, and what the network says."""
    surest, predicted = (values.tolist() for values in answers.max(1))
    names, labels = test.classes, test.labels.tolist()
    return [
        _(
            "no. {i}: {name}, read as {name2} ({surest:.0%})",
            i=i,
            name=names[labels[i]],
            name2=names[answer],
            surest=surest[i],
        )
        for i, answer in enumerate(predicted)
    ]


def answers_to(model: nn.Module, test: ImageDataset) -> Tensor:
    return probabilities(model, test.floats())


def sprite_of(test: ImageDataset) -> Sheet:
    return image_sheet(test.floats(), columns=20, what=_("test images"))


@section
def layout() -> None:
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        run = choose_run()
        entry = run.spec.entry
        count = Embedding.count.draw()
    test = remember(load, run.spec.dataset, "test", count, classes=run.spec.classes)
    with right, play_first():
        network = open_network(run, "embedding_step")
        play = st.container()
    with left:
        layers = {
            name: f"{name} ({'×'.join(map(str, shape))})"
            for name, shape in shapes(network.model, entry.shape).items()
        }
        usual = [name for name in layers if not name.startswith("fc")][-1]
        layer = Embedding.layer.draw(titles=layers, usual=usual)
        way = Embedding.way.draw()
        by = Embedding.by.draw()

    answers = remember(answers_to, network.model, test)
    predicted = answers.argmax(1)
    with play:
        found = layout_at(network, run, layer, test, way)
        if found is not None:
            points, apart = found
            said = remember(in_words, test, answers)
            wrong = (predicted != test.labels).tolist()
            sprite = remember(sprite_of, test)
            words = _(
                "{count} test images of {title} as points by {layer}; {neighbours:.0%} of the nearest neighbours have the same class",
                count=count,
                title=_(entry.title),
                layer=layer,
                neighbours=apart.neighbours,
            )
            group = (test.labels if by == "class" else predicted).tolist()

            def open_in_microscope(number: int) -> None:
                here = {"run": run.id, "step": str(network.step), "image": "test", "number": str(number)}
                st.switch_page("pages/inside/feature_maps.py", query_params=here)

            scatter(
                "points_view",
                points,
                group,
                groups_of(entry.classes),
                said,
                sprite,
                words,
                wrong,
                open_in_microscope,
            )
            st.markdown(
                _(
                    "In **{layer}** at step **{step}**, **{neighbours:.1%}** of the five nearest neighbours have the same class, and class centres lie "
                    "**{spread:.2f}** times as far apart as images from their own centre. A ring marks a wrong prediction ({wrong} of {count}).",
                    layer=layer,
                    step=network.step,
                    neighbours=apart.neighbours,
                    spread=apart.spread,
                    wrong=sum(wrong),
                    count=count,
                )
            )
    code(embedding_code(network.code, test, count, layer, way))


try_this(
    Experiment("Go to step 0 and play: when do the ones leave the crowd?", Embedding(run=EXAMPLE, step=0)),
    Experiment(
        "The image itself, before any layer has learned: are the classes apart there?",
        Embedding(run=EXAMPLE, layer="normalise"),
    ),
    Experiment(
        "t-SNE instead of PCA: clear islands. Which wrong predictions lie between two?",
        Embedding(run=EXAMPLE, way="tsne"),
    ),
)
code = show_code()
source(
    "van der Maaten and Hinton, Visualizing data using t-SNE, JMLR 2008; Poličar et al., openTSNE, 2024; Wattenberg et al., How to use t-SNE effectively, Distill 2016."
)
layout()
