"""Write a network layer by layer, and train it."""

import streamlit as st

from cnnviz.data import DATASETS
from cnnviz.errors import CnnvizError
from cnnviz.figures import NetworkDrawing, network_drawing
from cnnviz.models import PRESETS, NetworkSpec, build, summary
from cnnviz.models import code as network_code
from cnnviz.models.drafts import Draft, draft
from cnnviz.models.layers import Shape
from cnnviz.training import TrainingSpec, start, warm_up
from cnnviz.ui.address import draw_again
from cnnviz.ui.builder import EXAMPLES, as_json, builder, from_link, to_link
from cnnviz.ui.components import browser_key, network_view
from cnnviz.ui.frame import (
    Experiment,
    clicked,
    draws,
    play_first,
    section,
    show_code,
    source,
    title,
    try_this,
)
from cnnviz.ui.memory import remember
from cnnviz.ui.outside import plain
from cnnviz.ui.state import page_address
from cnnviz.ui.states.builder import Builder
from cnnviz.ui.states.training_lab import TrainingLab
from cnnviz.words import _

title(
    "Builder",
    "A network is a list of layers: put one together, see what each layer makes of the image and costs, and train it.",
)
warm_up()


def network_now() -> NetworkSpec:
    """The network of the address; else the preset."""
    if not Builder.network.now:
        return PRESETS[Builder.preset.now]
    try:
        return from_link(Builder.network.now)
    except CnnvizError as error:
        st.error(plain(error), icon=":material/error:")
        return PRESETS[Builder.preset.now]


def keep(spec: NetworkSpec) -> None:
    Builder.network.set(to_link(spec))


def draft_now() -> Draft:
    entry = DATASETS[Builder.dataset.now]
    return remember(draft, network_now(), entry.shape, len(entry.classes))


left, right = st.columns([1, 2.6], gap="medium")
with left:

    @section
    def settings() -> None:
        every = draws(settings, cards, below)
        dataset = Builder.dataset.draw(on_change=every)

        def begin_anew() -> None:
            Builder.network.forget()
            every()

        Builder.preset.draw(on_change=begin_anew)
        found, entry = draft_now(), DATASETS[dataset]
        if found.error:
            st.warning(
                _("This network cannot be built yet: see the card with the red border."),
                icon=":material/build:",
            )
        else:
            plan = summary(found.spec, entry.shape, len(entry.classes))
            st.markdown(
                _(
                    "**{parameters:,}** parameters · **{multiply_adds:,}** multiply-adds an image · "
                    "**{activation_bytes:,.0f}** kB of maps an image",
                    parameters=plan.parameters,
                    multiply_adds=plan.multiply_adds,
                    activation_bytes=plan.activation_bytes / 1024,
                )
            )
        Builder.epochs.draw()
        key = browser_key()
        pressed = st.button(
            _("Train it"),
            key="train",
            type="primary",
            icon=":material/play_circle:",
            width="stretch",
            disabled=key is None or bool(found.error),
        )
        with clicked(pressed, "train", found.spec):
            if pressed:
                run = start(TrainingSpec(dataset, found.spec, Builder.epochs.now), key)
                st.switch_page(
                    "pages/learning/training_lab.py", query_params=TrainingLab(run=run.id).parameters()
                )
        st.download_button(
            _("Its JSON"),
            as_json(found.spec),
            "network.json",
            "application/json",
            key="json",
            icon=":material/download:",
            on_click="ignore",
        )
        file = st.file_uploader(
            _("Open a JSON file"),
            ["json"],
            key="json_file",
            help=_("A network that was saved here as JSON; nothing in the file is ever run."),
        )
        pressed = st.button(_("Open it"), key="open_json", icon=":material/upload:", disabled=file is None)
        with clicked(pressed, "open_json", file and file.file_id):
            if pressed and file is not None:
                keep(NetworkSpec.from_json(file.getvalue().decode(errors="replace")))
                draw_again()


with right, play_first():

    @section
    def cards() -> None:
        every = draws(settings, cards, below)

        def hear(spec: NetworkSpec) -> None:
            keep(spec)
            every()

        builder("builder", draft_now(), DATASETS[Builder.dataset.now].shape, hear)


@section
def below() -> None:
    found, entry = draft_now(), DATASETS[Builder.dataset.now]
    if found.error:
        code(f"# {found.error}")
        return
    st.subheader(_("The network, drawn"), anchor=False)
    network_view("drawing", remember(drawn, found.spec, entry.shape, len(entry.classes)))
    st.caption(_("The link to this network:"))
    st.code(page_address(Builder(network=to_link(found.spec), dataset=Builder.dataset.now)), language=None)
    code(remember(code_of, found.spec, entry.shape, len(entry.classes)))


def drawn(spec: NetworkSpec, shape: tuple[int, int, int], classes: int) -> NetworkDrawing:
    return network_drawing(summary(spec, shape, classes), spec.name)


def code_of(spec: NetworkSpec, shape: Shape, classes: int) -> str:
    text = network_code(build(spec, shape, classes))
    return text if text.startswith("import") else f"from torch import nn\n\nnetwork = {text}\n"


try_this(
    Experiment(
        "A residual block whose two ways do not fit together: use the repair.",
        Builder(network=to_link(EXAMPLES["broken"])),
    ),
    Experiment(
        "Three branches side by side, as in GoogLeNet.", Builder(network=to_link(EXAMPLES["branches"]))
    ),
    Experiment("Begin with LeNet-5, and make its pooling max pooling.", Builder(preset="lenet5")),
)
code = show_code()
source("The lecture on architectures; LeCun et al., 1998; Szegedy et al., 2015; He et al., 2016.")
settings()
cards()
below()
