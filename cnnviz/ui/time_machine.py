"""A run at one step, on a page: the batch, the layers, histograms, maps and their gradients."""

from collections.abc import Mapping, Sequence

import streamlit as st
import torch
from torch import Tensor

from cnnviz.data import ImageDataset
from cnnviz.features import Answers, answers
from cnnviz.features.moment import LossSurface, Moment, loss_surface, moment
from cnnviz.figures import bars, image_sheet, judged_labels, map_sheet, value_histograms
from cnnviz.figures.moment import surface_map
from cnnviz.inspection import milliseconds_by_layer
from cnnviz.training import Run
from cnnviz.ui.charts import chart
from cnnviz.ui.components import WallItem, map_wall
from cnnviz.ui.jobs import Progress, job
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import OpenNetwork, network_of_run
from cnnviz.ui.tables import table_in_words
from cnnviz.words import _

SHOWN, ROW = 24, 12
BINS = 41
KINDS = {
    "weights": "Weights",
    "gradients": "Gradients of the weights",
    "outputs": "Outputs (activations before the function)",
    "output_gradients": "Gradients of the outputs",
}
SURFACE_IMAGES = 200


def moment_of(opened: OpenNetwork, batch: ImageDataset) -> Moment:
    """A step's network with a batch: that which it learns from next, or that of another step."""
    return remember(moment, opened.model, batch.floats(), batch.labels)


def show_batch(found: Moment, batch: ImageDataset) -> None:
    """The images of the batch, those with the highest loss first."""
    map_wall("batch_images", remember(batch_items, found.losses, found.probabilities, batch))
    st.caption(_("{count} images, mean loss **{loss:.3f}**.", count=len(batch), loss=found.loss))


def batch_items(losses: Tensor, probabilities: Tensor, batch: ImageDataset) -> list[WallItem]:
    """The images of a batch with their answers."""
    order = losses.argsort(descending=True)[:SHOWN]
    labels = judged_labels(probabilities[order], batch.labels[order], batch.classes)
    items = []
    for begin in range(0, len(order), ROW):
        part = order[begin : begin + ROW]
        sheet = image_sheet(batch.floats(part), ROW, _("images of the batch, the highest loss first"))
        heading = _("The batch that is learned at this step, the highest loss first") if begin == 0 else " "
        items.append(
            WallItem(heading, sheet, "", _("image"), labels[begin : begin + ROW], 56, 720, legend=False)
        )
    return items


def layer_rows(
    found: Moment, learning_rate: float, milliseconds: Mapping[str, float]
) -> list[dict[str, str]]:
    """A row a layer with weights; ``milliseconds``: layer -> time of one image through it."""
    return [
        {
            _("layer"): name,
            _("norm of the gradient"): f"{one.gradient_norm:.3g}",
            _("norm of the weights"): f"{one.weight_norm:.3g}",
            _("update / weight"): f"{one.update_ratio(learning_rate):.2g}",
            _("dead units"): f"{one.dead:.0%}",
            _("time of one image (ms)"): f"{milliseconds[name]:.2g}",
        }
        for name, one in found.layers.items()
    ]


def show_layers(opened: OpenNetwork, found: Moment, learning_rate: float) -> None:
    run = opened.run
    assert run is not None
    milliseconds = remember(milliseconds_by_layer, opened.model, run.spec.plan.input_shape)
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(table_in_words(layer_rows(found, learning_rate, milliseconds)))
    with right:
        norms = {name: one.gradient_norm for name, one in found.layers.items()}
        words = "; ".join(f"{name} {norm:.3g}" for name, norm in norms.items())
        chart(
            "norms",
            _("Norm of the gradient by layer: {words}", words=words),
            bars,
            norms,
            _("norm of the gradient"),
        )
    st.caption(
        _(
            "The gradient of the mean loss of this batch. Update / weight is η |g| / |w| with the rate of this step, η = {learning_rate:.3g}, of plain "
            "gradient descent: about 0.001 is usual; far above, the weights are thrown about, far below they stand still. Dead: no image of the "
            "batch brings the unit above zero, so that ReLU gives nothing and no gradient comes back. The time is that of one test image on this "
            "machine, forward only.",
            learning_rate=learning_rate,
        )
    )


def show_histograms(moments: dict[str, Moment], layer: str) -> None:
    """Weights, gradients, outputs and gradients of outputs of a layer, at one step or two beside each other."""
    for places, kinds in ((st.columns(2), list(KINDS)[:2]), (st.columns(2), list(KINDS)[2:])):
        for place, kind in zip(places, kinds, strict=True):
            values = {step: getattr(found.layers[layer], kind) for step, found in moments.items()}
            edges = remember(edges_of, list(values.values()))
            columns = [remember(shares_of, one, edges) for one in values.values()]
            with place:
                st.markdown(_("**{kinds}** of {layer}", kinds=_(KINDS[kind]), layer=layer))
                spreads = "; ".join(
                    _("{step}: standard deviation {std:.3g}", step=step, std=remember(spread_of, one))
                    for step, one in values.items()
                )
                chart(
                    f"histogram_{kind}",
                    _("{kinds} of {layer}, {spreads}", kinds=_(KINDS[kind]), layer=layer, spreads=spreads),
                    value_histograms,
                    columns,
                    edges,
                    list(values),
                    "step",
                    _(KINDS[kind]).lower(),
                )
                st.caption(spreads)


def spread_of(values: Tensor) -> float:
    """Their standard deviation."""
    return values.std().item()


def edges_of(values: Sequence[Tensor]) -> list[float]:
    """Edges of bins around zero that hold all but the outermost values of all."""
    most = max(one.abs().flatten().kthvalue(max(1, int(0.999 * one.numel()))).values.item() for one in values)
    return torch.linspace(-(most or 1.0), most or 1.0, BINS + 1).tolist()


def shares_of(values: Tensor, edges: list[float]) -> list[float]:
    """Share of the values in each bin; what lies outside counts to the last ones."""
    clamped = values.flatten().clamp(edges[0], edges[-1])
    counts = torch.histc(clamped, len(edges) - 1, edges[0], edges[-1])
    return (counts / counts.sum()).tolist()


def map_items(found: Moment, layer: str, number: int, step: str) -> list[WallItem]:
    """The maps of a layer for one image, and the gradients of the loss for them."""
    one = found.layers[layer]
    items = []
    for title, what, values in (
        (_("outputs"), _("outputs"), one.outputs[number]),
        (_("gradients"), _("gradients of the outputs"), one.output_gradients[number]),
    ):
        maps = values if values.dim() == 3 else values.view(-1, 1, 1)
        sheet = map_sheet(maps, what=_("{what} of {layer}", what=what, layer=layer), signed=True)
        items.append(
            WallItem(f"{title}, {step}", sheet, "×".join(map(str, values.shape)), _("map"), target=250)
        )
    return items


def answers_at(opened: OpenNetwork, test: ImageDataset) -> Answers:
    return remember(answers, opened.model, test)


def show_classes(found: Answers, test: ImageDataset) -> None:
    """Accuracy of each class, and the test images with the highest loss."""
    right = (found.probabilities.argmax(1) == found.labels).float()
    shares = {name: right[found.labels == label].mean().item() for label, name in enumerate(test.classes)}
    left, wall = st.columns([1, 1.6], gap="medium")
    with left:
        words = "; ".join(f"{name} {share:.1%}" for name, share in shares.items())
        chart(
            "classes", _("Accuracy by class: {words}", words=words), bars, shares, _("share of right answers")
        )
    with wall:
        map_wall("worst", remember(worst_items, found, test))


def worst_items(found: Answers, test: ImageDataset) -> list[WallItem]:
    """The test images with the highest loss."""
    chosen = found.probabilities.gather(1, found.labels.unsqueeze(1)).squeeze(1)
    order = chosen.argsort()[:SHOWN]
    labels = judged_labels(found.probabilities[order], found.labels[order], test.classes)
    items = []
    for begin in range(0, len(order), ROW):
        part = order[begin : begin + ROW]
        sheet = image_sheet(test.floats(part), ROW, _("test images with the highest loss"))
        heading = _("Test images with the highest loss, and the answers") if begin == 0 else " "
        items.append(
            WallItem(heading, sheet, "", _("image"), labels[begin : begin + ROW], 56, 720, legend=False)
        )
    return items


def show_surface(opened: OpenNetwork, reach: float) -> None:
    run, step = opened.run, opened.step
    assert run is not None
    assert step is not None
    found = job("surface", _("Looking around the weights"), _surface, run.id, step, run.version(step), reach)
    if found is None:
        return
    middle, low = (
        found.losses[len(found.places) // 2, len(found.places) // 2].item(),
        found.losses.min().item(),
    )
    words = _(
        "Loss {middle:.3f} in the middle, {low:.3f} at the lowest point, {losses:.3f} at the highest",
        middle=middle,
        low=low,
        losses=found.losses.max(),
    )
    chart("surface_map", words, surface_map, found)
    st.caption(
        _(
            "{words}, for {surface_images} training images. Both axes are random directions, in parts of the size of each filter (Li et al., 2018).",
            words=words,
            surface_images=SURFACE_IMAGES,
        )
    )


def _surface(run_id: str, step: int, _version: str, reach: float, progress: Progress) -> LossSurface:
    from cnnviz.training import open_run

    run: Run = open_run(run_id)
    train = run.spec.load("train", SURFACE_IMAGES)
    return loss_surface(
        network_of_run(run, step).model, train.floats(), train.labels, reach, progress=progress
    )


def moment_code(run_id: str, step: int, layer: str) -> str:
    """The batch of a step, and the gradient of one layer."""
    return f"""\
from torch import nn
from cnnviz.training import open_run
from cnnviz.training.loop import batch_at

run = open_run("{run_id}")
network, batch = run.network({step}).train(), batch_at(run.spec, {step})
for module in network.modules():
    if isinstance(module, nn.Dropout):
        module.eval()
loss = nn.functional.cross_entropy(network(batch.floats()), batch.labels)
loss.backward()
gradient = dict(network.named_modules())["{layer}"].weight.grad
print(f"loss {{loss:.3f}}, norm of the gradient {{gradient.norm():.3g}}")
"""
