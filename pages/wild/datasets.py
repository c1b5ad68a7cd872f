"""Data sets: look at them before a network does, bring your own, and what the published ones hold."""

import streamlit as st

from cnnviz.data import CATALOGUE, DATASETS, load
from cnnviz.data.look import class_counts, look_code, pixel_statistics
from cnnviz.figures import class_balance, pixel_histogram
from cnnviz.training.bias import bias_code
from cnnviz.ui.bias import race_of_samples, show_bias
from cnnviz.ui.charts import chart
from cnnviz.ui.dataset_views import SHOW, of_classes
from cnnviz.ui.datasets import published_rows, show_published, use_links
from cnnviz.ui.frame import (
    Experiment,
    play_first,
    section,
    show_code,
    source,
    title,
    try_this,
    unfolding,
)
from cnnviz.ui.memory import remember
from cnnviz.ui.outside import plain
from cnnviz.ui.own_images import show_own
from cnnviz.ui.states.datasets import SPLITS, Datasets
from cnnviz.ui.tables import folded_table
from cnnviz.words import _

title("Data sets", "A network learns what its images show, and nothing else: look at them before it does.")


@section
def look() -> None:
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        name = Datasets.dataset.draw()
        split, view = Datasets.split.draw(), Datasets.view.draw()
        entry = DATASETS[name]
        chosen = Datasets.classes.draw(titles={one: one for one in entry.classes}, usual=())
        use_links(name, chosen)
        st.caption(
            _(
                "{source}. Licence: {licence}.",
                source=plain(entry.source[:1].upper() + entry.source[1:]),
                licence=plain(_(entry.licence)),
            )
        )
    dataset = load(name, split)  # type: ignore[arg-type]
    numbers = of_classes(dataset, chosen)
    with right, play_first():
        st.markdown(
            _(
                "**{title}**: {count:,} {splits} images, {numbers:,} of them chosen",
                title=plain(_(entry.title)),
                count=len(dataset),
                splits=_(SPLITS[split]),
                numbers=len(numbers),
            )
        )
        SHOW[view](dataset, numbers)
        balance, pixels = st.columns(2, gap="medium")
        with balance:
            counts = remember(class_counts, dataset)
            words = _("Images of each class: ") + "; ".join(
                f"{one} {count:,}" for one, count in zip(entry.classes, counts.tolist(), strict=True)
            )
            chart("balance", words, class_balance, counts, entry.classes, chosen)
        with pixels:
            found_pixels = remember(pixel_statistics, dataset)
            mean, std = (
                ", ".join(f"{value:.4f}" for value in values.tolist())
                for values in (found_pixels.mean, found_pixels.std)
            )
            words = _("Pixels in [0, 1]: mean {mean}, standard deviation {std}", mean=mean, std=std)
            chart("pixels", words, pixel_histogram, found_pixels.histogram)
            st.caption(words)
    code(look_code(dataset, Datasets.asked.now))


@section
def own() -> None:
    st.subheader(_("Bring your own images"), anchor=False)
    show_own()


@section
def skewed() -> None:
    st.subheader(_("A skewed sample: whom does the network fail?"), anchor=False)
    show_bias()
    st.markdown(_("**Train it yourself**: choose the classes that the sample has few images of."))
    race_of_samples()
    box = unfolding(_("The code of both trainings"), "code_of_both", ":material/code:")
    if box.open:
        box.code(bias_code(Datasets.rare.now, Datasets.rare_percent.now), language="python")
    st.caption(
        _(
            "Samples are not skewed by accident alone: who is seldom photographed, or photographed without being asked, has no say in it. "
            "{title}: {withdrawn}",
            title=_(CATALOGUE["tiny_images"].title),
            withdrawn=_(CATALOGUE["tiny_images"].withdrawn),
        )
    )


@section
def published() -> None:
    st.subheader(_("The data sets of the lecture"), anchor=False)
    show_published(CATALOGUE[Datasets.published.draw()])
    folded_table(_("All of them in one table"), "all_published", published_rows)


try_this(
    Experiment(
        "The mean images of the clothes: which two classes will a network confuse?",
        Datasets(dataset="fashion", view="means"),
    ),
    Experiment(
        "Make pullovers rare, too: who is failed now? Train it below.",
        Datasets(rare=("Pullover", "Coat", "Sneaker")),
    ),
    Experiment(
        "Do test images of the photo patches stand among the training images, too?",
        Datasets(dataset="patches", view="twins"),
    ),
)
code = show_code()
source(
    "LeCun et al., 1998; Krizhevsky, 2009; Deng et al., 2009; Yang et al., MedMNIST v2, 2023; Zauner, 2010 (perceptual hash); "
    "Prabhu and Birhane, Large image datasets: a pyrrhic win for computer vision?, 2020."
)
look()
own()
skewed()
published()
