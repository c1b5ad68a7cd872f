"""One number on its way through a network, a card a layer, each with the way to the page of its operation."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import streamlit as st
from torch import Tensor, nn

from cnnviz.expressions import Expression, script
from cnnviz.features import probabilities
from cnnviz.features.path import Path, Stop, strongest_path
from cnnviz.figures import picture_sheet
from cnnviz.figures.unit_picture import unit_picture
from cnnviz.ops.activations import ACTIVATIONS
from cnnviz.ui.frame import link
from cnnviz.ui.networks import OpenNetwork
from cnnviz.ui.pictures import data_url, encoded
from cnnviz.ui.state import State
from cnnviz.ui.states.activations import Activations
from cnnviz.ui.states.convolution import Convolution
from cnnviz.ui.states.dropout import Dropout
from cnnviz.ui.states.fully_connected import FullyConnected
from cnnviz.ui.states.ideas import Ideas
from cnnviz.ui.states.image_as_numbers import ImageAsNumbers
from cnnviz.ui.states.pooling import Pooling
from cnnviz.words import _

MOST_CARDS = 40
FUNCTIONS = {type(entry.module()).__name__: name for name, entry in ACTIVATIONS.items()}
MATTERS = ("Conv2d", "Linear", "MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d", "add", "cat", "ReLU", "ReLU6")


def shown_stops(path: Path) -> tuple[Stop, ...]:
    """All, or of very many those that a page of the lecture explains."""
    if len(path.stops) <= MOST_CARDS:
        return path.stops
    return tuple(stop for stop in path.stops if stop.call.kind in MATTERS)


def number(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")


def kind_in_words(stop: Stop) -> str:
    """What the layer does, in the words of the lecture."""
    module: Any = stop.call.module
    kind = stop.call.kind
    if isinstance(module, nn.Conv2d):
        size = "×".join(map(str, module.kernel_size))
        stride = _(", stride {stride}", stride=module.stride[0]) if module.stride[0] > 1 else ""
        return _(
            "convolution {size}, {out_channels} filters{stride}",
            size=size,
            out_channels=module.out_channels,
            stride=stride,
        )
    if isinstance(module, nn.Linear):
        return _("fully connected, {out_features} units", out_features=module.out_features)
    if kind in FUNCTIONS:
        return _(ACTIVATIONS[FUNCTIONS[kind]].title)
    return {
        "MaxPool2d": _("max pooling"),
        "AvgPool2d": _("average pooling"),
        "AdaptiveAvgPool2d": _("global average pooling"),
        "BatchNorm2d": _("batch normalisation"),
        "Dropout": _("dropout, off in evaluation mode"),
        "Dropout2d": _("dropout, off in evaluation mode"),
        "Flatten": _("flatten"),
        "flatten": _("flatten"),
        "Normalise": _("normalise"),
        "mean": _("global average pooling"),
        "add": _("skip connection: sum"),
        "cat": _("branches joined"),
    }.get(kind, kind)


def sum_in_words(stop: Stop) -> str:
    """How the unit's number comes from those of the layer before."""
    unit, value = stop.unit, f"<b>{number(stop.unit.value)}</b>"
    strongest = unit.strongest(1)
    if not strongest:
        return value
    first = strongest[0]
    if unit.words:
        return unit.words.format(count=unit.window.numel()) + f" {value}"
    if unit.weights is None:
        return f"φ({number(first.input)}) = {value}"
    count = int((unit.window != 0).sum())
    bias = f" {'−' if unit.bias < 0 else '+'} {number(abs(unit.bias))}" if unit.bias else ""
    if unit.kind == "ReLU":
        return f"max(0, {number(first.input)}) = {value}"
    if unit.window.numel() == 1:
        factor = "" if first.weight == 1 else f" · {number(first.weight)}"
        return (
            f"{number(first.input)}{factor}{bias} = {value}"
            if factor or bias
            else _("the same number: {value}", value=value)
        )
    rest = unit.products.sum().item() - first.product
    return _(
        "{input} · {weight} = {product}, with {count} more products {rest}{bias}; together {value}",
        input=number(first.input),
        weight=number(first.weight),
        product=number(first.product),
        count=count - 1,
        rest=number(rest),
        bias=_(", bias ") + number(unit.bias) if unit.bias else "",
        value=value,
    )


def page_of(stop: Stop) -> tuple[str, State] | None:
    """The page of the operation, in the layer's own setting; ``None`` where there is none."""
    module: Any = stop.call.module
    kind = stop.call.kind
    if isinstance(module, nn.Conv2d):
        size, stride, padding, dilation = (
            int(numbers[0]) if isinstance(numbers, tuple) else 0
            for numbers in (module.kernel_size, module.stride, module.padding, module.dilation)
        )
        side = min(12, max(5, dilation * (size - 1) + 1 + stride))
        state = Convolution(
            size=min(size, 7),
            stride=min(stride, 6),
            padding=min(padding, 6),
            dilation=min(dilation, 6),
            rows=side,
            cols=side,
        )
        return _("Convolution"), state
    if isinstance(module, nn.MaxPool2d | nn.AvgPool2d):
        sizes = (module.kernel_size, module.stride)
        size, stride = (int(one[0] if isinstance(one, tuple) else one) for one in sizes)
        mode = "max" if isinstance(module, nn.MaxPool2d) else "average"
        return _("Pooling"), Pooling(mode=mode, window=min(size, 6), stride=min(stride, 6))
    if kind in ("AdaptiveAvgPool2d", "GlobalAveragePool", "mean"):
        return _("Pooling"), Pooling(mode="average", whole=True)
    if kind in FUNCTIONS:
        return _("Activation functions"), Activations(functions=FUNCTIONS[kind], function=FUNCTIONS[kind])
    if kind in ("Linear", "Flatten", "flatten", "view"):
        return _("Flatten and softmax"), FullyConnected()
    if kind.startswith("Dropout"):
        return _("Dropout"), Dropout(p=round(float(module.p), 2))
    if kind == "BatchNorm2d":
        return _("Batch normalisation"), Ideas(idea="norm")
    if kind == "add":
        return _("Skip connections"), Ideas(idea="residual")
    if kind == "cat":
        return _("Branches"), Ideas(idea="inception")
    if kind == "Normalise":
        return _("Image as numbers"), ImageAsNumbers()
    return None


@dataclass(frozen=True)
class Card:
    """A layer's card, ready to be drawn.

    Attributes:
        html: its heading, its picture and its number.
        link: the heading and the state of the operation's page, where there is one.
    """

    html: str
    link: tuple[str, State] | None


def _card(
    heading: str, what: str, address: str, alt: str, place: str, words: str, page: tuple[str, State] | None
) -> Card:
    """``words``: HTML, with the unit's number in <b>."""
    return Card(
        f'<div class="card-of-layer"><b>{escape(heading)}</b><br>{escape(what)}<br>'
        f'<img src="{address}" alt="{escape(alt, quote=True)}"><br>{escape(place)}:<br>{words}</div>',
        page,
    )


def cards_of(network: OpenNetwork, image: Tensor, what: str, target: int) -> tuple[list[Card], int]:
    """All cards from the image to the probability; and how many layers the way has."""
    path = strongest_path(network.model, image, target)
    stops = shown_stops(path)
    answer = probabilities(network.model, image.unsqueeze(0))[0]
    logit, name = path.stops[-1].unit.value, network.classes[target]
    cards = [_first(image, path, what)]
    cards += [_of_layer(position, stop) for position, stop in enumerate(stops, 1)]
    cards.append(_last(len(stops) + 1, answer, target, name, logit))
    return cards, len(path.stops)


def _of_layer(position: int, stop: Stop) -> Card:
    """Its output with the unit framed, the unit's sum, and the way to the operation's page."""
    unit = stop.unit
    vector = stop.maps.shape[1:] == (1, 1)
    shape = str(len(stop.maps)) if vector else "×".join(map(str, stop.maps.shape))
    place = (
        _("unit {channel}", channel=unit.channel)
        if vector
        else _("map {channel}, row {row}, column {col}", channel=unit.channel, row=unit.row, col=unit.col)
    )
    return _card(
        f"{position} · {unit.layer} → {shape}",
        kind_in_words(stop),
        _picture(stop.maps, unit.channel, unit.row, unit.col),
        _(
            "Output of {layer}; {place} is framed: {value:.4g}",
            layer=unit.layer,
            place=place,
            value=unit.value,
        ),
        place,
        sum_in_words(stop),
        page_of(stop),
    )


def _first(image: Tensor, path: Path, what: str) -> Card:
    """The image with the pixel where the way begins."""
    heading = _("0 · image → {str}", str="×".join(map(str, image.shape)))
    page = (_("Image as numbers"), ImageAsNumbers())
    if path.pixel is None:
        address = data_url(picture_sheet(image, what=_("image")).png)
        return _card(
            heading, what, address, what, _("the way back"), _("ends in the first layer shown"), page
        )
    channel, row, col = path.pixel
    value = image[channel, row, col].item()
    place = _("row {row}, column {col}", row=row, col=col) + (
        _(", channel {channel}", channel=channel) if len(image) > 1 else ""
    )
    return _card(
        heading,
        what,
        _picture(image, channel, row, col, picture=True),
        _("{what}; the pixel in {place} is framed: {value:.3g}", what=what, place=place, value=value),
        place,
        f"brightness {round(255 * value)} of 255 = <b>{number(value)}</b>",
        page,
    )


def _last(position: int, answer: Tensor, target: int, name: str, logit: float) -> Card:
    """Softmax: from the logits to a probability."""
    share = answer[target].item()
    total = number(math.exp(logit) / share) if share > 0 else "∞"
    return _card(
        _("{position} · softmax → {count}", position=position, count=len(answer)),
        _("from logits to probabilities"),
        _picture(answer.view(-1, 1, 1), target, 0, 0),
        _("The probabilities; class {name} is framed: {share:.4g}", name=name, share=share),
        f"class {name}",
        f"e<sup>{number(logit)}</sup> / {total} = {number(math.exp(logit))} / {total} = <b>{share:.1%}</b>",
        (_("Flatten and softmax"), FullyConnected()),
    )


def _picture(maps: Tensor, channel: int, row: int, col: int, picture: bool = False) -> str:
    return data_url(encoded(unit_picture(maps, channel, row, col, picture), "PNG"))


def show_cards(cards: Sequence[Card]) -> None:
    """Side by side as many as there is room for, three at most, each with its link."""
    with st.container(key="layer_cards"):
        for one in cards:
            with st.container(border=True, height="stretch"):
                st.html(one.html)
                if one.link is not None:
                    heading, state = one.link
                    link(state.page, heading, ":material/arrow_forward:", state.parameters())


def pipeline_code(network: Expression, image: Expression, shape: tuple[int, int, int], target: int) -> str:
    """The way back, unit by unit."""
    return script(
        f"""\
network = {network}
image = fit({image}, {shape})
path = strongest_path(network, image, {target})
print("pixel", path.pixel)
for stop in path.stops:
    unit = stop.unit
    print(unit, unit.products.sum().item() + unit.bias)
answer = probabilities(network, image.unsqueeze(0))[0, {target}].item()
print(answer)
""",
        network,
        image,
        first=(),
        fit="cnnviz.data",
        strongest_path="cnnviz.features.path",
        probabilities="cnnviz.features",
    )
