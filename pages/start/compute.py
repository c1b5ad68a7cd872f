"""Compute: what this machine is, how fast it convolves and trains, and where to get a faster one."""

import streamlit as st

from cnnviz.figures.compute import arithmetic_bars, images_per_second
from cnnviz.inspection.compute import compute_code, machine
from cnnviz.ui.charts import chart
from cnnviz.ui.compute import (
    COLAB_APP,
    COLAB_INSTALL,
    COLAB_NOTEBOOK,
    NO_GPU,
    PRICES,
    SERVER,
    TUNNEL,
    arithmetic_rows,
    bundled_found,
    bundled_words,
    findings,
    image_rows,
    in_words,
    machine_in_words,
    measured,
    of_devices,
)
from cnnviz.ui.frame import Experiment, part, play_first, section, show_code, source, title, try_this
from cnnviz.ui.jobs import job
from cnnviz.ui.memory import remember
from cnnviz.ui.states.compute import HERE, Compute
from cnnviz.ui.tables import folded_table, table_in_words
from cnnviz.words import _

title(
    "Compute",
    "A network is multiplications and additions: how many a second a machine manages decides how long one waits.",
)


@section
def speed() -> None:
    about = machine()
    left, right = st.columns([1, 2.2], gap="medium")
    with left:
        where = Compute.machine.draw()
        if where == HERE:
            turn = Compute.turn.draw()
        st.markdown(_("**This machine**"))
        st.markdown(machine_in_words(about))
        if about.gpu is None:
            st.caption(_(NO_GPU))
    with right, play_first():
        view = Compute.view.draw()
        found = remember(bundled_found)
        if where == HERE:
            own = job("measure", _("Measuring this machine, about ten seconds a device"), measured, turn)
            found = found if own is None else {**of_devices(_("this machine"), own), **found}
        is_arithmetic = view == "arithmetic"
        rows = arithmetic_rows(found) if is_arithmetic else image_rows(found)
        unit = _("GFLOP/s") if is_arithmetic else _("images a second")
        chart("speed", in_words(rows, unit), arithmetic_bars if is_arithmetic else images_per_second, found)
        st.markdown(findings(found, view))
        st.caption(
            _(
                "{bundled_words} The fastest of many turns counts; 1 GFLOP/s is 10⁹ multiplications or additions a second, with float32. "
                "The peak is the fastest product that was measured, so a little more than 100 % is possible.",
                bundled_words=bundled_words(),
            )
        )
        folded_table(_("As a table"), "speeds_in_words", lambda: rows)


@part
def elsewhere() -> None:
    st.subheader(_("Run it elsewhere"), anchor=False)
    st.markdown(_("Put the address of this repository in place of `ADDRESS`."))
    colab, server, prices = st.tabs([_("Google Colab"), _("A server"), _("What it costs")])
    with colab:
        st.markdown(
            _("A new notebook on [colab.research.google.com](https://colab.research.google.com); first:")
        )
        st.code(COLAB_INSTALL, language="python")
        st.markdown(_("For a notebook that uses the package (those in `notebooks/` open there as well):"))
        st.code(COLAB_NOTEBOOK, language="python")
        st.markdown(_("For the app, inside the notebook:"))
        st.code(COLAB_APP, language="python")
    with server:
        st.markdown(_("On the server (Python 3.11 or newer):"))
        st.code(SERVER, language="bash")
        st.markdown(_("On your own computer, so that nobody else reaches it:"))
        st.code(TUNNEL, language="bash")
    with prices:
        st.markdown(table_in_words([{title: _(words) for title, words in row.items()} for row in PRICES]))
        st.caption(
            _(
                "Prices change. Colab shows the units an hour of your own runtime under Runtime > View resources. "
                "Dollars an hour: units times $9.99 / 100."
            )
        )


try_this(
    Experiment(
        "A depthwise convolution has 256 times fewer multiply-adds than an ordinary one: how many times faster is it?",
        Compute(view="arithmetic"),
    ),
    Experiment(
        "One image at a time, or 256: how many images a second does a batch gain?", Compute(view="images")
    ),
    Experiment(
        "Measure this machine: is it faster than two cores of a server?", Compute(machine=HERE, view="images")
    ),
)
code = show_code()
source(
    "the lecture's slides on Colab; Williams, Waterman and Patterson, Roofline: an insightful visual performance model, 2009; "
    "Lavin and Gray, Fast algorithms for convolutional neural networks, 2016."
)
speed()
elsewhere()
code(compute_code())
