"""Gradient descent on a loss that one can see."""

import streamlit as st

from cnnviz.learning.surfaces import descent_code
from cnnviz.ui.frame import Experiment, draws, section, show_code, source, title, try_this
from cnnviz.ui.gradient_descent import (
    noise_in_words,
    rate_now,
    rates_chart,
    start_now,
    surface_now,
    updates_in_words,
    walk,
)
from cnnviz.ui.states.gradient_descent import GradientDescent
from cnnviz.words import _

title(
    "Gradient descent",
    "Each step goes against the gradient, w ← w − η ∂E/∂w: the learning rate η decides whether it creeps, arrives, or flies away.",
)
now = GradientDescent


def new_loss() -> None:
    for field in (now.rate, now.batch, now.begin):
        field.forget()
    draws(play, updates, rates)()


@section
def play() -> None:
    left, right = st.columns(2)
    now.surface.draw(left, on_change=new_loss)
    now.rules.draw(right, on_change=draws(play, updates, rates))
    surface = surface_now()
    walk("descent", draws(play, updates, rates))
    st.latex(surface.formula)
    st.markdown(_(surface.see))


@section
def updates() -> None:
    st.subheader(_("Each update, with its numbers"), anchor=False)
    now.steps.draw(st.columns([1, 3])[0])
    updates_in_words()
    rule = (now.rules.now or ("sgd",))[0]
    code(descent_code(surface_now().name, rule, start_now(), rate_now(), now.steps.now))


@section
def rates() -> None:
    st.subheader(_("Which learning rate?"), anchor=False)
    rates_chart()
    noise_in_words()


try_this(
    Experiment(
        "A parabola: η = 0.3 comes down, 1.5 jumps across, 2.1 diverges.",
        GradientDescent(surface="parabola", rate=1.5, rules="sgd"),
    ),
    Experiment(
        "The narrow valley: SGD jumps from side to side; which rule walks along it?",
        GradientDescent(surface="valley", rate=0.08, rules="sgd,momentum,nesterov,rmsprop,adam"),
    ),
    Experiment(
        "One example a step: look at the cloud of its gradients, then take all 24.",
        GradientDescent(surface="regression", batch=1, rules="sgd"),
    ),
)
code = show_code()
source(
    "The lecture, section on multi-layer networks; Robbins and Monro, 1951; Polyak, 1964; Nesterov, 1983; Kingma and Ba, 2015."
)
play()
updates()
rates()
