"""The U-Net: shapes, skips, loss and ways to make maps larger against plain definitions; and trained for real."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from cnnviz.errors import CnnvizError
from cnnviz.features import receptive_field
from cnnviz.models import Conv, Flatten, Linear, NetworkSpec, TransposedConv, build, summary
from cnnviz.tasks import UPS, enlarging_layers, mean_iou, overlap_loss, overlaps_of, segment, unet
from cnnviz.training import Trainer, segmentation_training
from tests.models.written import run_code
from tests.properties import examples


@pytest.mark.parametrize("up", UPS)
@pytest.mark.parametrize("skips", [True, False])
def test_a_class_for_each_pixel(up: str, skips: bool) -> None:
    spec = unet(4, skips=skips, up=up)
    network = build(spec, (1, 32, 48), (5, 32, 48)).eval()
    images = torch.rand(2, 1, 32, 48, generator=torch.Generator().manual_seed(0))
    assert network(images).shape == (2, 5, 32, 48)
    assert segment(network, images).shape == (2, 32, 48)
    assert len(enlarging_layers(network)) == 3
    joins = [place.name for place in network.plan if place.name.endswith(".cat")]
    assert len(joins) == (3 if skips else 0)
    again = NetworkSpec.from_json(spec.to_json())
    assert again == spec


def test_a_skip_lays_the_same_maps_beside_those_of_the_way_up() -> None:
    network = build(unet(2), (1, 16, 16), (3, 16, 16)).eval()
    kept: dict[str, torch.Tensor] = {}
    for name in ("relu1", "level1.branch2.up1"):
        network.get_submodule(name).register_forward_hook(
            lambda _, __, out, name=name: kept.update({name: out})
        )
    network.get_submodule("level1").register_forward_hook(lambda _, __, out: kept.update(joined=out))
    with torch.inference_mode():
        network(torch.rand(1, 1, 16, 16))
    assert torch.equal(kept["joined"], torch.cat([kept["relu1"], kept["level1.branch2.up1"]], 1))


def test_its_code_runs_without_cnnviz() -> None:
    network = build(unet(3), (1, 16, 16), (4, 16, 16), seed=5).eval()
    torch.manual_seed(5)
    other = run_code(network).eval()
    image = torch.rand(2, 1, 16, 16)
    with torch.inference_mode():
        torch.testing.assert_close(other((image - 0.5) / 0.5), network(image))


@examples(60)
@given(
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(1, 3),
    st.integers(0, 2),
    st.integers(0, 2),
    st.booleans(),
    st.integers(3, 9),
)
def test_a_transposed_convolution_is_that_of_torch(
    channels: int, kernel: int, stride: int, padding: int, extra: int, bias: bool, side: int
) -> None:
    layer = TransposedConv(channels, kernel, stride, padding, extra, bias)
    if extra >= stride:
        with pytest.raises(CnnvizError, match="must be below the stride"):
            layer.check()
        return
    layer.check()
    theirs = nn.ConvTranspose2d(2, channels, kernel, stride, padding, extra, bias=bias)
    try:
        wanted = theirs(torch.zeros(1, 2, side, side)).shape[1:]
    except RuntimeError:
        with pytest.raises(CnnvizError, match="nothing is left"):
            layer.output_shape((2, side, side))
        return
    assert layer.output_shape((2, side, side)) == tuple(wanted)
    module = layer.module((2, side, side))
    assert layer.parameters((2, side, side)) == sum(p.numel() for p in module.parameters())
    assert eval(layer.code((2, side, side)), {"nn": nn}).weight.shape == module.weight.shape


@pytest.mark.parametrize(("kernel", "padding", "extra"), [(2, 0, 0), (4, 1, 0)])
def test_what_its_outputs_see_is_what_the_graph_says(kernel: int, padding: int, extra: int) -> None:
    spec = NetworkSpec(
        (Conv(4, 3, 2, 1), TransposedConv(3, kernel, 2, padding, extra), Conv(3), Flatten(), Linear())
    )
    network = build(spec, (1, 16, 16), 4)
    for place in network.plan:
        if place.name in ("up1", "conv2"):
            assert place.receptive_field is not None
            assert place.receptive_field.size == receptive_field(network, place.name, (1, 16, 16)).size


def test_the_loss_is_the_formula() -> None:
    generator = torch.Generator().manual_seed(2)
    outputs = torch.randn(2, 3, 5, 6, generator=generator)
    masks = torch.randint(2, (2, 5, 6), generator=generator)
    shares, dice = outputs.softmax(1), []
    for label in (0, 1):  # class 2 does not occur
        own = shares[:, label]
        true = (masks == label).float()
        dice.append(float(2 * (own * true).sum() / (own.sum() + true.sum())))
    wanted = functional.cross_entropy(outputs, masks).item() + 1 - sum(dice) / 2
    assert overlap_loss(outputs, masks).item() == pytest.approx(wanted, rel=1e-5)
    perfect = functional.one_hot(masks, 3).permute(0, 3, 1, 2) * 40.0
    assert overlap_loss(perfect, masks).item() == pytest.approx(0.0, abs=1e-5)


@pytest.mark.parametrize(
    ("up", "inside"), [("transposed", {1.0}), ("overlapping", {1.0, 2.0, 4.0}), ("upsample", {9.0})]
)
def test_where_windows_overlap_unevenly_there_is_a_checkerboard(up: str, inside: set[float]) -> None:
    counts = overlaps_of(up)
    assert counts.shape == (16, 16)
    assert set(counts[1:-1, 1:-1].flatten().tolist()) == inside
    if up == "overlapping":
        # By hand: a row of inputs 2 apart, each writing three outputs.
        row = [sum(1 for at in range(8) if 0 <= place + 1 - 2 * at < 3) for place in range(16)]
        assert counts.tolist() == [[float(a * b) for b in row] for a in row]


def test_an_unknown_way_and_sides_that_do_not_halve_are_sentences() -> None:
    with pytest.raises(CnnvizError, match="There is no way 'magic' to make maps larger"):
        unet(3, up="magic")
    with pytest.raises(CnnvizError, match=r"level\d.*32×5×5, 32×4×4"):
        summary(unet(3), (1, 20, 20), (4, 20, 20))


@pytest.mark.usefixtures("one_thread")
def test_a_unet_reaches_mean_iou_0_8() -> None:
    """On scenes of three digits, to be quick; the benchmark does it with ten."""
    trainer = Trainer(segmentation_training(classes=("0", "1", "4"), epochs=2, limit=1500))
    while not trainer.done:
        trainer.step()
    reached = trainer.record(validate=True).val_accuracy
    assert reached > 0.8
    test = trainer.validation
    masks = segment(trainer.network, test.floats())
    assert mean_iou(masks, test.targets["masks"], 4) == pytest.approx(reached, abs=1e-6)
