"""The revolution of depth, and accuracy against efficiency."""

import streamlit as st

from cnnviz.figures import Disc, accuracy_against_work, error_by_year
from cnnviz.models.architectures import COMPETITION, HUMAN_TOP5_ERROR
from cnnviz.ui.charts import chart
from cnnviz.ui.depth import competition_rows, depth_code, in_words, published, rows_of, small, times
from cnnviz.ui.frame import Experiment, part, play_first, section, show_code, source, title, try_this
from cnnviz.ui.jobs import job
from cnnviz.ui.memory import remember
from cnnviz.ui.states.depth import Depth
from cnnviz.ui.tables import folded_table
from cnnviz.words import _

title(
    "Depth and efficiency",
    "From 2012 on deeper networks halved the error again and again; since then the question is what the accuracy costs.",
)
BILLIONS = _("billion multiply-adds")


@part
def competition() -> None:
    with play_first():
        words = "; ".join(f"{entry.year} {entry.name}: {entry.top5_error:g} %" for entry in COMPETITION)
        chart(
            "errors",
            _("Top-5 error of the ImageNet competition. {words}", words=words),
            error_by_year,
            COMPETITION,
            HUMAN_TOP5_ERROR,
        )
    st.markdown(
        _(
            "In 2012 AlexNet made **16.4 %** errors and the second, without a network, **26.2 %**. In 2015 ResNet fell below the **5.1 %** of a trained person. "
            "With that the question was answered, and 2017 was the last year of the competition."
        )
    )
    folded_table(_("As a table, with sources"), "competition_in_words", competition_rows)


@part
def full_size() -> None:
    st.subheader(_("Accuracy against work: published networks on ImageNet"), anchor=False)
    shown = remember(published)
    chart("published", in_words(shown, BILLIONS), accuracy_against_work, shown, BILLIONS, 54, 81)
    st.caption(
        _(
            "One image of 224×224, one crop; the area of a disc is the number of parameters. Up and to the left is better. "
            "Weights of torchvision (first version); OctConv-ResNet-50 and EfficientNet-Lite0 as their authors say."
        )
    )
    folded_table(_("As a table"), "published_in_words", lambda: rows_of(shown, BILLIONS))


@section
def here() -> None:
    st.subheader(_("The same measured here: small forms, trained by us"), anchor=False)
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        dataset = Depth.dataset.draw()
        measured = Depth.work.draw() == "measured"
        st.caption(_("Each was trained for three epochs on 20,000 images: seconds, not weeks."))
    with right:
        work = _("ms for one image") if measured else _("million multiply-adds")
        found = job("times", _("Running each network on one image"), times, dataset) if measured else None
        if not measured or found is not None:
            shown: list[Disc] = remember(small, dataset, found)
            low, high = (96, 99.6) if dataset == "mnist" else (77, 91.5)
            chart("small", in_words(shown, work), accuracy_against_work, shown, work, low, high)
            folded_table(_("As a table"), "small_in_words", lambda: rows_of(shown, work))
    code(depth_code(dataset))


try_this(
    Experiment(
        "Fewest multiply-adds is not fewest milliseconds: which small network falls back when you measure?",
        Depth(work="measured"),
    ),
    Experiment(
        "On digits all are good. Which of them needs the least work for 98 %?", Depth(dataset="mnist")
    ),
    Experiment(
        "On clothes depth pays: how far are the residual networks above LeNet-5?", Depth(dataset="fashion")
    ),
)
code = show_code()
source(
    "Russakovsky et al., IJCV 2015; Canziani, Paszke and Culurciello, An analysis of deep neural network models for practical applications, 2016; "
    "Hu, Shen and Sun, CVPR 2018; torchvision's tables of weights."
)
competition()
full_size()
here()
