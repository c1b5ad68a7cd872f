"""Published networks on a page: their table, their figures, the maps of one layer."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow
import streamlit as st
from torch import Tensor

from cnnviz.data import DATASETS
from cnnviz.features import feature_maps
from cnnviz.figures import NetworkDrawing, network_drawing
from cnnviz.figures.architectures import amounts
from cnnviz.figures.network_drawing import layer_words, written
from cnnviz.models import ARCHITECTURES, PRETRAINED, Architecture, Plan
from cnnviz.models.pretrained import weights_here
from cnnviz.training.trained import trained, trained_networks
from cnnviz.ui.frame import link
from cnnviz.ui.jobs import Progress
from cnnviz.ui.networks import PUBLISHED, TRAINED
from cnnviz.ui.states.feature_maps import FeatureMaps
from cnnviz.ui.tables import table_in_words
from cnnviz.words import _

Shape = tuple[int, int, int]


def shape_of(entry: Architecture, side: int) -> Shape:
    return (entry.input_shape[0], side, side)


def plan_of(name: str, side: int) -> Plan:
    """The network on images of this side."""
    entry = ARCHITECTURES[name]
    return entry.summary(input_shape=shape_of(entry, side))


def drawing_of(name: str, side: int) -> NetworkDrawing:
    return network_drawing(plan_of(name, side), _(ARCHITECTURES[name].title))


def layer_table(plan: Plan) -> pyarrow.Table:
    """A row a layer that computes something, in the form in which Streamlit sends it: from columns it would make a
    data frame first, at each run.
    """
    rows = [place for place in plan if layer_words(place)[1] != "other"]
    fields = [place.receptive_field for place in rows]
    parameters, work = plan.parameters or 1, plan.multiply_adds or 1
    columns: dict[str, list[Any]] = {
        _("layer"): [place.name for place in rows],
        _("what"): [layer_words(place)[0] for place in rows],
        _("output"): [written(place.output_shape) for place in rows],
        _("parameters"): [place.parameters for place in rows],
        _("of all"): [place.parameters / parameters for place in rows],
        _("multiply-adds"): [place.multiply_adds for place in rows],
        _("of all work"): [place.multiply_adds / work for place in rows],
        _("sees"): [_("all") if field is None else f"{field.size:g}×{field.size:g}" for field in fields],
        _("memory"): [f"{place.activation_bytes / 1e6:.2f} MB" for place in rows],
    }
    return pyarrow.table(columns)


def show_layer_table(table: pyarrow.Table, key: str) -> None:
    """The table with bars for the shares."""
    share = st.column_config.ProgressColumn
    st.dataframe(
        table,
        key=key,
        hide_index=True,
        height=360,
        column_config={
            _("parameters"): st.column_config.NumberColumn(format="localized"),
            _("multiply-adds"): st.column_config.NumberColumn(format="localized"),
            _("of all"): share(_("share of parameters"), format="percent", min_value=0, max_value=1),
            _("of all work"): share(_("share of multiply-adds"), format="percent", min_value=0, max_value=1),
            _("sees"): st.column_config.TextColumn(_("one unit sees")),
        },
    )


def where_most_are(title: str, plan: Plan) -> str:
    """The three layers with most parameters, in words."""
    most = sorted(plan, key=lambda place: -place.parameters)[:3]
    named = ", ".join(
        _(
            "{layer}: {count} ({share})",
            layer=one.name,
            count=f"{one.parameters:,}",
            share=f"{one.parameters / (plan.parameters or 1):.1%}",
        )
        for one in most
    )
    return _("Most of the parameters of {title} are in {named}.", title=title, named=named)


def about(entry: Architecture) -> None:
    """Who, when, what was new, and the published figures with their sources."""
    lines = [f"**{_(entry.title)}** · {entry.authors}, **{entry.year}**. {_(entry.idea)}", ""]
    for figure in entry.figures:
        value = f"{figure.value:,.0f}" if figure.value >= 1000 else f"{figure.value:g}"
        lines.append(
            f"- {_(figure.what)}: **{value}{(' ' + figure.unit if figure.unit else '')}** ({figure.source})"
        )
    lines += ["", _("Counts: {counted_by}. {note}", counted_by=entry.counted_by, note=_(entry.note))]
    st.markdown("\n".join(lines))
    st.caption(_("Paper: {paper}", paper=entry.paper))


def totals(plans: Mapping[str, Plan]) -> str:
    """What was counted here beside the published numbers, a column a network."""
    columns = {
        _(
            "{title} at {written}", title=_(ARCHITECTURES[name].title), written=written(plan.input_shape)
        ): _counted(ARCHITECTURES[name], plan)
        for name, plan in plans.items()
    }
    quantities = next(iter(columns.values()))
    return table_in_words(
        [{"": what, **{title: one[what] for title, one in columns.items()}} for what in quantities]
    )


def _counted(entry: Architecture, plan: Plan) -> dict[str, str]:
    usual = plan.input_shape == entry.input_shape
    said = _("published") if usual else _("published for {written}", written=written(entry.input_shape))
    return {
        _("parameters"): f"**{plan.parameters:,}** ({said}: {entry.parameters:,})",
        _("multiply-adds"): f"**{amount(plan.multiply_adds)}** ({said}: {amount(entry.multiply_adds)})",
        _("layers with weights"): str(entry.depth),
        _("memory of all maps"): f"{plan.activation_bytes / 1e6:.3g} MB",
    }


def amount(count: float) -> str:
    """A large number with three digits and a word."""
    for size, word in ((1e9, _("billion")), (1e6, _("million"))):
        if count >= size:
            return f"{count / size:.3g} {word}"
    return f"{count:,.0f}"


def compared(one: tuple[str, Plan], other: tuple[str, Plan]) -> str:
    """What differs between two networks, in words."""
    (first, left), (second, right) = one, other
    names = _(ARCHITECTURES[first].title), _(ARCHITECTURES[second].title)

    def ratio(a: float, b: float, what: str) -> str:
        larger, smaller = (names[0], b) if a >= b else (names[1], a)
        return _(
            "{larger} has **{a:.3g} times** as many {what}",
            larger=larger,
            a=max(a, b) / max(1, smaller),
            what=what,
        )

    def dense(plan: Plan) -> float:
        counts = amounts(plan, "parameters")
        return counts.get("linear", 0) / max(1, sum(counts.values()))

    return _(
        "{ratio}; {ratio2}. "
        "In fully connected layers lie **{dense:.0%}** of the parameters of {name}, and **{dense2:.0%}** of those of {name2}.",
        ratio=ratio(left.parameters, right.parameters, "parameters"),
        ratio2=ratio(left.multiply_adds, right.multiply_adds, "multiply-adds"),
        dense=dense(left),
        name=names[0],
        dense2=dense(right),
        name2=names[1],
    )


def history_in_words(names: Sequence[str]) -> str:
    entries = [ARCHITECTURES[name] for name in names]
    return "; ".join(
        _(
            "{year} {title}: {depth} layers, {amount} parameters",
            year=entry.year,
            title=_(entry.title),
            depth=entry.depth,
            amount=amount(entry.parameters),
        )
        for entry in entries
    )


def weights_of(entry: Architecture, plan: Plan) -> str:
    """Which learned weights are on this machine: published, trained (by us), or none."""
    if plan.parameters != entry.parameters:
        # On images of this size its fully connected layers have other sizes.
        return ""
    if entry.weights and weights_here(entry.weights):
        return "published"
    return "trained" if entry.name == entry.small else ""


def weights_in_words(entry: Architecture, plan: Plan) -> str:
    """Where its learned weights are."""
    if plan.parameters != entry.parameters:
        return _("Learned weights do not fit images of this size, so it is shown with random ones.")
    if weights_of(entry, plan) == "trained":
        return _("Trained by us on MNIST, in seconds.")
    if not entry.weights:
        return _("No weights are published for exactly this form, so it is shown with random ones.")
    if weights_here(entry.weights):
        return _("Its published ImageNet weights are here.")
    size = PRETRAINED[entry.weights].megabytes
    return _(
        "Shown with random weights: the published ones ({size:.0f} MB) are not on this machine.", size=size
    )


def maps_of(name: str, side: int, image: Tensor, layer: str, weights: str, progress: Progress) -> Tensor:
    """What one layer makes of an image, (C, H, W) or (units, 1, 1); the network is not kept.

    Args:
        weights: published, trained, or empty for random ones.
    """
    entry = ARCHITECTURES[name]
    shape = shape_of(entry, side)
    progress(0.1)
    network = entry.pretrained(shape) if weights == "published" else entry.build(input_shape=shape).eval()
    if weights == "trained":
        network.load_state_dict(trained(entry.small).state_dict())
    progress(0.7)
    return feature_maps(network, image)[layer]


def open_published(entry: Architecture, layer: str) -> None:
    """A link to the microscope with the whole network, at this layer, where its published weights are here."""
    if entry.weights and weights_here(entry.weights):
        state = FeatureMaps(network=f"{PUBLISHED}{entry.name}", layer=layer, shown=layer)
        words = _(
            "{layer} of {title} in the microscope, down to the products of one unit",
            layer=layer,
            title=_(entry.title),
        )
        link(state.page, words, ":material/search:", state.parameters())


def open_small(entry: Architecture) -> None:
    """A link to the microscope with the small form of the network."""
    found = [one for one in trained_networks().values() if one.network == entry.small]
    wanted = "mnist" if entry.input_shape[0] == 1 else "fashion"
    best = next((one for one in found if one.spec.dataset == wanted), None)
    if best is not None:
        state = FeatureMaps(network=f"{TRAINED}{best.network}_{best.spec.dataset}", image="test")
        words = _(
            "Its small form, trained on {title} ({accuracy:.1%}), in the microscope",
            title=_(DATASETS[best.spec.dataset].title),
            accuracy=best.accuracy,
        )
        link(state.page, words, ":material/search:", state.parameters())
