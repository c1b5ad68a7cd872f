"""Activation functions in a deep stack, as pictures."""

from collections.abc import Mapping

import streamlit as st

from cnnviz.figures import by_depth
from cnnviz.ops.depth import Stack
from cnnviz.ui.charts import chart
from cnnviz.ui.states.activations import TITLES
from cnnviz.words import _

VANISHED = 1e-3
"""Of the last layer's gradient."""


def show_depth(stacks: Mapping[str, Stack]) -> None:
    """Gradients and dead units of each layer, by the name of the function."""
    one, two = st.columns(2)
    gradients, dead = (
        {key: getattr(stack, field) for key, stack in stacks.items()} for field in ("gradient_norm", "dead")
    )
    words = (
        "; ".join(f"{_(TITLES[key])}: {values[at]:.2g}" for key, values in table.items())
        for table, at in ((gradients, 0), (dead, -1))
    )
    one.markdown(_("**Norm of the gradient, relative to the last layer**"))
    with one:
        chart(
            "gradients",
            _("Gradient of the first layer: {words}", words=next(words)),
            by_depth,
            gradients,
            _("gradient norm"),
            True,
        )
    two.markdown(_("**Dead units: zero for every input**"))
    with two:
        chart(
            "dead",
            _("Dead units of the last layer: {words}", words=next(words)),
            by_depth,
            dead,
            _("share of dead units"),
            False,
        )
    for key, stack in stacks.items():
        norms = stack.gradient_norm
        small = [layer for layer, norm in enumerate(norms, 1) if norm < VANISHED * norms[-1]]
        st.markdown(
            _(
                "**{name}**: {share} of the last layer's gradient reaches layer 1. It vanishes (below a thousandth) in layers 1 to {last}.",
                name=TITLES[key],
                share=f"{norms[0] / norms[-1]:.2g}",
                last=small[-1],
            )
            if small
            else _(
                "**{name}**: {share} of the last layer's gradient reaches layer 1. It does not vanish.",
                name=TITLES[key],
                share=f"{norms[0] / norms[-1]:.2g}",
            )
        )
