"""Flattening, fully connected layers, softmax and cross-entropy."""

import streamlit as st
import torch

from cnnviz.data import DATASETS, fit, load, photo
from cnnviz.features import class_evidence, feature_maps
from cnnviz.figures import map_sheet, picture_sheet, probability_bars
from cnnviz.models import Activation, Conv, GlobalAveragePool, Linear, NetworkSpec, Pool, build
from cnnviz.ops.dense import softmax_code, softmax_terms
from cnnviz.training import open_run
from cnnviz.ui.charts import chart
from cnnviz.ui.components import WallItem, map_wall
from cnnviz.ui.formulas import cross_entropy_formula, softmax_formula
from cnnviz.ui.frame import Experiment, section, show_code, source, title, try_this
from cnnviz.ui.images import ChosenImage, choose_image
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import network_of_run
from cnnviz.ui.runs import own_run_link
from cnnviz.ui.states.fully_connected import FullyConnected
from cnnviz.ui.tables import table_in_words
from cnnviz.ui.viewers import flatten_view
from cnnviz.words import _

title(
    "Flatten, fully connected, softmax",
    "The maps become one long vector; each class multiplies it with its own weights; softmax makes probabilities of the sums.",
)


classes = DATASETS["mnist"].classes


def small_photograph(name: str) -> torch.Tensor:
    return fit(photo(name), (3, 32, 32))


def deep_maps(picture: torch.Tensor) -> torch.Tensor:
    layers = [
        layer
        for width in (32, 64, 128, 128)
        for layer in (Conv(width, 3, padding=1), Activation("relu"), Pool(2))
    ]
    deep = build(NetworkSpec((*layers, GlobalAveragePool(), Linear()), "deep"), (3, 32, 32), 10)
    return feature_maps(deep, picture)["pool4"]


@section
def vector() -> None:
    block, start = FullyConnected.block.draw(), FullyConnected.place.draw()
    picture = remember(small_photograph, "coffee")
    if block == "image":
        flatten_view("flatten_image", picture, start)
    else:
        st.caption(
            _(
                "Four convolutions with pooling on the same photograph: 32×32 becomes 2×2, three channels become 128 (random initial weights, seed 0)."
            )
        )
        flatten_view("flatten_maps", remember(deep_maps, picture), start)


@section
def class_weights() -> None:
    st.subheader(_("The weights of a class are an image"), anchor=False)
    run = open_run("example_linear")
    left, right = st.columns([1, 2.6], gap="medium")
    with left:
        test = load("mnist", "test")
        chosen = choose_image(test, FullyConnected.images)
        number = classes.index(FullyConnected.class_.draw())
    image = chosen.for_network(test.shape)
    evidence = remember(class_evidence, network_of_run(run, run.steps[-1]).model, image)
    weights, products, logits = evidence.weights, evidence.products[number], evidence.logits
    with right:
        st.markdown(
            _(
                "A network of one layer, trained on digits: each class has 784 weights, drawn here where their pixels are. "
                "Red pixels speak for the class, blue ones against it."
            )
        )
        labels = tuple((name, "") for name in classes)
        all_weights = map_sheet(weights, columns=10, what="class weights", signed=True)
        map_wall(
            "class_weights",
            [
                WallItem(
                    "weights of the ten classes", all_weights, _("28×28 each"), _("class"), labels, 74, 900
                )
            ],
        )
        map_wall(
            "evidence",
            [
                WallItem(
                    "image",
                    remember(picture_sheet, image, "image"),
                    "28×28",
                    _("image"),
                    target=150,
                    legend=False,
                ),
                WallItem(
                    "× weights",
                    map_sheet(weights[number : number + 1], what=_("weights"), signed=True),
                    _("of class {class_name}", class_name=classes[number]),
                    target=150,
                ),
                WallItem(
                    "= evidence",
                    map_sheet(products.unsqueeze(0), what=_("products"), signed=True),
                    _("its sum:"),
                    target=150,
                ),
            ],
        )
        st.latex(
            rf"z_{{{classes[number]}}} = \sum_i w_i x_i + b = {products.sum():.3f} + ({evidence.bias[number]:.3f}) = {logits[number]:.3f}"
        )
    softmax(chosen, number, logits)


@section
def softmax(chosen: ChosenImage, number: int, logits: torch.Tensor) -> None:
    st.subheader(_("Softmax and cross-entropy, with every term"), anchor=False)
    left, right = st.columns([1, 2.6], gap="medium")
    with left:
        temperature = FullyConnected.temperature.draw()
        true = classes.index(
            FullyConnected.true.draw(usual=None if chosen.label is None else classes[chosen.label])
        )
        moved = FullyConnected.move.draw(
            label=_("Move the logit of class {class_name} by", class_name=classes[number])
        )
    with right:
        changed = logits.clone()
        changed[number] += moved
        terms = softmax_terms(changed, temperature, true)
        st.latex(softmax_formula(terms, number))
        st.latex(cross_entropy_formula(terms))
        table, bars = st.columns([1.5, 1])
        slopes = terms.gradient or ()
        table.markdown(
            table_in_words(
                [
                    {
                        _("class"): name,
                        _("logit z"): f"{z:.3f}",
                        "e^(z/T)": f"{e:.4g}",
                        "p": f"{q:.4f}",
                        "∂L/∂z = (p − y)/T": f"{g:+.4f}",
                    }
                    for name, z, e, q, g in zip(
                        classes, terms.logits, terms.exponentials, terms.probabilities, slopes, strict=True
                    )
                ]
            )
        )
        with bars:
            words = _(
                "Probabilities: class {class_name} has {probability:.3f}",
                class_name=classes[number],
                probability=terms.probabilities[number],
            )
            chart("softmax_bars", words, probability_bars, torch.tensor(terms.probabilities), classes)
        st.markdown(
            _(
                "Sum of all probabilities: **{probabilities:.6f}**. If one logit moves, all probabilities move, and the sum stays 1.",
                probabilities=sum(terms.probabilities),
            )
        )
    code(softmax_code(chosen.code, number, moved, temperature, true))


own_run_link("fc", _("The last layer of your trained network"))
try_this(
    Experiment(
        "Where does the pixel in the middle of the green channel land in the vector? (place 1552)",
        FullyConnected(block="image", place=1552),
    ),
    Experiment(
        "A high temperature makes the network unsure; 0.1 makes it certain.", FullyConnected(temperature=10)
    ),
    Experiment(
        "Raise the logit of a wrong class by 5: what happens to the others, and to the loss?",
        FullyConnected(**{"class": "8", "move": 5}),
    ),
)
code = show_code()
source(
    "Goodfellow, Bengio and Courville, 2016, sections 6.2.2.3 and 6.5; Stanford CS231n, Linear classification; Hinton, Vinyals and Dean, 2015 (temperature)."
)
vector()
class_weights()
