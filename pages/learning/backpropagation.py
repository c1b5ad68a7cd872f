"""Forward, backward and update, number by number: a whole CNN, a small network, any expression."""

from typing import Any

import streamlit as st
import torch

from cnnviz.ui.backpropagation import chain, differences, edit_cnn, edit_network, walk_of_page
from cnnviz.ui.frame import Experiment, draws, section, show_code, source, title, try_this, unfolding
from cnnviz.ui.states.backpropagation import Backpropagation
from cnnviz.ui.tables import table_in_words
from cnnviz.words import _

title(
    "Backpropagation",
    "The chain rule, walked from the loss back to the first weight: each number's gradient is the gradient of what uses it, times a slope.",
)
now = Backpropagation


@section
def what() -> None:
    everything = draws(what, steps, numbers, check)
    view = now.view.draw(on_change=everything)
    redraw = draws(steps, numbers, check)
    if view == "cnn":
        places: list[Any] = list(st.columns(7))
        now.preset.draw(places[0], on_change=everything)
        now.activation.draw(places[1], on_change=redraw)
        now.pooling.draw(places[2], on_change=redraw)
        now.pool.draw(places[3], on_change=redraw)
        now.stride.draw(places[4], on_change=redraw)
        now.target.draw(places[5], high=9 if now.preset.now == "digit" else 1, on_change=redraw)
        now.rate.draw(places[6], on_change=redraw)
    elif view == "network":
        places = list(st.columns(3))
        now.function.draw(places[0], on_change=redraw)
        now.wanted.draw(places[1], on_change=redraw)
        now.rate.draw(places[2], on_change=redraw)
    else:
        places = list(st.columns([3, 1, 1, 1, 1]))
        now.text.draw(places[0], on_change=redraw)
        for place, field in zip(places[1:], (now.x, now.y, now.z, now.w), strict=True):
            field.draw(place, on_change=redraw)


@section
def steps() -> None:
    walk, text, layout = walk_of_page()
    trace = walk.trace
    chain(f"chain_{now.view.now}", walk, now.start.now - 1, layout)
    if now.view.now == "expression":
        st.markdown(_("Value: **{loss:.6g}**", loss=trace.loss))
    elif trace.new_loss < trace.loss:
        st.markdown(
            _(
                "Loss before: **{loss:.4f}** · after one update with η = {now:g}: **{new_loss:.4f}**, lower.",
                loss=trace.loss,
                now=now.rate.now,
                new_loss=trace.new_loss,
            )
        )
    else:
        st.markdown(
            _(
                "Loss before: **{loss:.4f}** · after one update with η = {now:g}: **{new_loss:.4f}**, "
                "not lower: take a smaller learning rate.",
                loss=trace.loss,
                now=now.rate.now,
                new_loss=trace.new_loss,
            )
        )
    code(text)


@section
def numbers() -> None:
    redraw = draws(steps, check)
    if now.view.now != "expression":
        st.subheader(_("Every number can be changed"), anchor=False)
    if now.view.now == "cnn":
        edit_cnn(redraw)
    elif now.view.now == "network":
        edit_network(redraw)
    now.start.draw(st.columns([1, 3])[0], on_change=draws(steps))


@section
def check() -> None:
    if now.view.now == "expression":
        return
    box = unfolding(_("Check it by finite differences"), "check_differences", ":material/rule:")
    if box.open:
        with box:
            st.markdown(table_in_words(differences(walk_of_page()[0].trace)))
            if now.view.now == "cnn" and now.pooling.now == "max":
                st.caption(
                    _(
                        "Where two values share a maximum, the loss has a corner there, and both ways are right on one side."
                    )
                )


diagonal = torch.eye(5, dtype=torch.float64)
try_this(
    Experiment(
        "Where does the gradient go through max pooling? Step from ∂ pooling to ∂ activation.",
        Backpropagation(start=58),
    ),
    Experiment(
        "Average pooling and tanh: now every pixel has its share of the gradient.",
        Backpropagation(pooling="average", activation="tanh", image=diagonal),
    ),
    Experiment(
        "One neuron as an expression: sigmoid(w * x + y), with the gradient of each number.",
        Backpropagation(view="expression", text="sigmoid(w * x + y)"),
    ),
)
code = show_code()
source(
    "The lecture, section on multi-layer networks; Rumelhart, Hinton and Williams, 1986; LeCun et al., 1989."
)
what()
steps()
numbers()
check()
