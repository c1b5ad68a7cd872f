"""A small network that learns points in the plane, in the student's browser."""

import streamlit as st

from cnnviz.learning import Experiment2D, Layer2D
from cnnviz.learning.code import experiment_code
from cnnviz.learning.links import properties_of
from cnnviz.ui.frame import Experiment, draws, section, show_code, source, title, try_this
from cnnviz.ui.playground import experiment_of_page, links_and_lesson, own_data, playground, show_rivals
from cnnviz.ui.states.playground import Playground

title(
    "Playground",
    "One neuron draws one straight line; hidden layers bend it, and gradient descent, w ← w − η ∂E/∂w, finds the bend.",
)


@section
def play() -> None:
    experiment = experiment_of_page()
    playground("playground", experiment, Playground.seeds.now, draws(play, compare))
    if experiment.dataset in ("own", "reg-own"):
        own_data(experiment)
    links_and_lesson(experiment)
    Playground.seeds.draw(st.columns([1, 3])[0])
    code(experiment_code(experiment))


@section
def compare() -> None:
    if Playground.compare.draw():
        show_rivals(experiment_of_page())


perceptron = Experiment2D(dataset="gauss", layers=())
# From the first weights of seed 1 it learns the training points by heart instead: the test loss rises again.
spiral = Experiment2D(
    dataset="spiral",
    layers=(Layer2D(8), Layer2D(8)),
    optimizer="adam",
    learning_rate=0.01,
    target=0.05,
    seed="2",
)
zero = Experiment2D(dataset="xor", layers=(Layer2D(4),), init="zero")
try_this(
    Experiment(
        "One perceptron tells two clouds apart. Then choose XOR: a straight line cannot.",
        Playground(**properties_of(perceptron)),
    ),
    Experiment(
        "The spiral with x₁ and x₂ alone: two layers of eight, Adam; press Play. Try SGD, fewer neurons, and another seed.",
        Playground(**properties_of(spiral)),
    ),
    Experiment(
        "All weights zero: every neuron of the layer has the same gradient, so nothing is learned.",
        Playground(**properties_of(zero)),
    ),
)
code = show_code()
source(
    "Smilkov, Carter, Sculley, Viégas and Wattenberg, Direct-Manipulation Visualization of Deep Networks, 2016; Rumelhart, Hinton and Williams, 1986."
)
play()
compare()
