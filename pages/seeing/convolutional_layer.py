"""From a fully connected to a convolutional layer: volumes, costs, kinds of convolution, receptive field."""

import streamlit as st

from cnnviz.data import load
from cnnviz.figures import volumes
from cnnviz.ops.layer_cost import layer_cost
from cnnviz.ops.layer_kinds import FILTER_NAMES, layer_code, one_filter
from cnnviz.ops.receptive_field import Window, receptive_fields
from cnnviz.ui.components import map_wall
from cnnviz.ui.convolutional_layer import layer_now, layer_steps, maps_of, squares, wall_of
from cnnviz.ui.frame import Experiment, draws, play_first, section, show_code, source, title, try_this
from cnnviz.ui.images import ChosenImage, choose_image
from cnnviz.ui.memory import remember
from cnnviz.ui.runs import own_run_link
from cnnviz.ui.states.convolutional_layer import OF_KIND, ConvolutionalLayer
from cnnviz.ui.stepping import show_steps
from cnnviz.ui.tables import table_in_words
from cnnviz.words import _

title(
    "Convolutional layer",
    "The same small filter looks everywhere, through all channels; each filter makes one map, and the maps are the next layer's channels.",
)


left, right = st.columns([1, 3.2], gap="medium")


def settings() -> None:
    """The layer, and the image that it looks at."""
    changed = draws(drawing, one_sum, maps, receptive_field)
    numbers = OF_KIND[ConvolutionalLayer.kind.draw()]
    numbers.filters.draw(on_change=changed)
    one, two = st.columns(2)
    numbers.size.draw(one, on_change=changed)
    numbers.stride.draw(two, on_change=changed)
    numbers.padding.draw(one, on_change=changed)
    numbers.dilation.draw(two, on_change=changed)
    numbers.groups.draw(one, on_change=changed)
    chosen = choose_image(load("patches", "test"), ConvolutionalLayer.images)
    drawing()
    one_sum(chosen)
    maps(chosen)
    receptive_field(chosen)


def volume() -> None:
    """The volumes, and what the layer costs."""
    layer = layer_now()
    cost = layer.cost
    second = ConvolutionalLayer.second_layer.draw(on_change=draws(drawing, maps))
    shapes = [(3, 32, 32), cost.output_shape]
    arrows = [
        _(
            "{filters} filters\n{size}×{size}×{groups}",
            filters=layer.filters,
            size=layer.size,
            groups=3 // layer.groups,
        )
    ]
    if second:
        shapes.append(layer_cost(cost.output_shape, 10, 5).output_shape)
        arrows.append(_("10 filters\n5×5×{channels}", channels=cost.output_shape[0]))
    drawn = remember(volumes, shapes, arrows)
    st.container(key="drawing_of_volumes").image(
        drawn, alt=_("Volumes: ") + " → ".join(f"{h}×{w}×{c}" for c, h, w in shapes), width="stretch"
    )
    formulas = {
        _("parameters"): cost.parameters_formula,
        _("multiply-adds"): cost.multiply_adds_formula,
        _("fully connected"): cost.dense_formula,
    }
    st.markdown(
        "".join(rf"$$\text{{{what}}} = {formula}$$" + "\n\n" for what, formula in formulas.items())
        + _(
            "The convolutional layer needs **{parameters:,}** parameters, the fully connected one **{dense_parameters:,}**: "
            "**{dense_parameters2:,.0f} times** as many, because it has its own weight for each pair of input and output.",
            parameters=cost.parameters,
            dense_parameters=cost.dense_parameters,
            dense_parameters2=cost.dense_parameters / cost.parameters,
        )
    )


with left:
    asking = section(settings)
with right, play_first():
    drawing = section(volume)


@section
def one_sum(chosen: ChosenImage) -> None:
    layer, image = layer_now(), chosen.for_network((3, 32, 32))
    if not layer.is_possible:
        return
    kind, filters, size, stride, padding, dilation, groups = layer
    st.subheader(_("One filter, step by step"), anchor=False)
    with st.container(horizontal=True, gap="large"):
        where = ConvolutionalLayer.where.draw()
        number = ConvolutionalLayer.filter.draw(high=filters - 1)
        bias = ConvolutionalLayer.bias.draw()
    shown = image[:, 12:20, 12:20] if where == "corner" else image
    slices, weight, steps_by, border = one_filter(
        shown, layer.weights, number, stride, padding, dilation, groups, transposed=kind.transposed
    )
    words = _(
        "{filter_names}: a {size}×{size} slice for each colour; all {numel} products and the bias are added.",
        filter_names=FILTER_NAMES[number % len(FILTER_NAMES)],
        size=size,
        numel=weight.numel(),
    )
    if kind.transposed:
        words += _(
            " Transposed: {stride} zeros stand between the pixels, and the flipped kernel moves by 1.",
            stride=stride - 1,
        )
    st.caption(words)
    first_channel = number * groups // filters * len(slices)
    colours = (_("red"), _("green"), _("blue"))[first_channel : first_channel + len(slices)]
    steps = remember(layer_steps, slices, weight, steps_by, border, dilation, bias, colours)
    show_steps("layer_stepper", steps)


@section
def maps(chosen: ChosenImage) -> None:
    layer, second = layer_now(), ConvolutionalLayer.second_layer.now
    if not layer.is_possible:
        return
    found = remember(maps_of, layer, chosen.pixels)
    st.subheader(_("{channels} filters, {channels} maps on a photograph", channels=len(found)), anchor=False)
    map_wall("layer_maps", remember(wall_of, layer, chosen.pixels, found, second))
    code(layer_code(chosen.code, *layer[1:], layer.kind.transposed))


@section
def receptive_field(chosen: ChosenImage) -> None:
    layer = layer_now()
    if not layer.is_possible:
        return
    st.subheader(_("Receptive field"), anchor=False)
    depth = ConvolutionalLayer.depth.draw()
    if layer.kind.transposed:
        st.info(
            _("Receptive fields are shown for convolutions, not for transposed ones."), icon=":material/info:"
        )
        return
    fields = receptive_fields([Window(layer.size, layer.stride, layer.padding, layer.dilation)] * depth)
    drawn, words = remember(squares, chosen.pixels, fields)
    picture, text = st.columns([1.3, 1])
    picture.image(drawn, alt=words, width="stretch")
    table = [
        {
            _("layer"): str(i + 1),
            _("receptive field"): _("{size}×{size} pixels", size=f.size),
            _("stride j in the image"): f"{f.stride} px",
        }
        for i, f in enumerate(fields)
    ]
    text.markdown(
        table_in_words(table) + "\n\n$$r_l = r_{l-1} + d\\,(k-1)\\,j_{l-1}, \\quad j_l = j_{l-1}\\,s$$"
    )


own_run_link("conv", _("The first convolutional layer of a trained network"))
try_this(
    Experiment(
        "Depthwise: one slice a channel instead of three. How many parameters are left?",
        ConvolutionalLayer(kind="depthwise"),
    ),
    Experiment(
        "1×1: no neighbourhood at all, only a mixture of the channels.", ConvolutionalLayer(kind="one_by_one")
    ),
    Experiment(
        "Dilated, eight layers deep: how much of the picture does one unit see?",
        ConvolutionalLayer(kind="dilated", depth=8, image="photo", photo="astronaut"),
    ),
)
code = show_code()
source(
    "LeCun et al., 1998; Stanford CS231n, Convolutional networks; Dumoulin and Visin, 2016; Howard et al., MobileNets, 2017; Yu and Koltun, 2016."
)
asking()
