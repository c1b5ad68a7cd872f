"""The classic architectures against torchvision, the papers, and themselves trained."""

import hashlib
from pathlib import Path

import pytest
import torch
from torch import nn

from cnnviz.data import load
from cnnviz.errors import CnnvizError
from cnnviz.models import (
    ARCHITECTURES,
    PRESETS,
    NetworkSpec,
    OctaveConv,
    OctConv2d,
    build,
    code,
    load_in_order,
    pretrained,
    summary,
)
from cnnviz.models.architectures import COMPETITION, HUMAN_TOP5_ERROR, imagenet_top1, registry
from cnnviz.models.architectures.deep import octave_resnet50
from cnnviz.models.architectures.early import C3_CONNECTIONS
from cnnviz.models.pretrained import (
    BUNDLED,
    IMAGENET_MEAN,
    IMAGENET_STD,
    PRETRAINED,
    all_weights_here,
    load_published,
    weights_here,
)
from cnnviz.training import Trainer, TrainingSpec, evaluate, trained, trained_networks
from cnnviz.vision import torchvision

KEYS = (
    *("lenet5", "alexnet", "zfnet", "vgg11", "vgg16", "vgg19", "googlenet", "resnet18", "resnet34"),
    *("resnet50", "resnet101", "resnet152", "densenet121", "octresnet50", "squeezenet1_0", "mobilenet_v2"),
    "efficientnet_lite0",
)
IN_TORCHVISION = {
    "alexnet": "AlexNet",
    "vgg11": "VGG11",
    "vgg16": "VGG16",
    "vgg19": "VGG19",
    "googlenet": "GoogLeNet",
    "resnet18": "ResNet18",
    "resnet34": "ResNet34",
    "resnet50": "ResNet50",
    "resnet101": "ResNet101",
    "resnet152": "ResNet152",
    "densenet121": "DenseNet121",
    "squeezenet1_0": "SqueezeNet1_0",
    "mobilenet_v2": "MobileNet_V2",
}
SMALL = tuple(dict.fromkeys(entry.small for entry in ARCHITECTURES.values()))


def theirs(name: str) -> nn.Module:
    options = (
        {"aux_logits": False, "transform_input": False, "init_weights": False} if name == "googlenet" else {}
    )
    network: nn.Module = getattr(torchvision().models, name)(weights=None, **options)
    return network.eval()


def test_all_are_there_in_the_order_of_their_years() -> None:
    assert set(KEYS) <= set(ARCHITECTURES)
    years = [entry.year for entry in ARCHITECTURES.values()]
    assert years == sorted(years)
    for entry in ARCHITECTURES.values():
        assert entry.paper
        assert entry.small in PRESETS


@pytest.mark.parametrize("name", list(ARCHITECTURES))
def test_parameters_are_exactly_those_published_and_multiply_adds_within_one_percent(name: str) -> None:
    entry = ARCHITECTURES[name]
    plan = entry.summary()
    assert plan.parameters == entry.parameters
    assert plan.multiply_adds == pytest.approx(entry.multiply_adds, rel=0.01)


@pytest.mark.parametrize("name", IN_TORCHVISION)
def test_counts_are_those_of_torchvisions_table(name: str) -> None:
    meta = getattr(torchvision().models, f"{IN_TORCHVISION[name]}_Weights").IMAGENET1K_V1.meta
    plan = ARCHITECTURES[name].summary()
    assert plan.parameters == meta["num_params"]
    assert plan.multiply_adds / 1e9 == pytest.approx(meta["_ops"], rel=0.01)


@pytest.mark.parametrize("name", IN_TORCHVISION)
def test_tables_of_weights_are_torchvisions_in_order(name: str) -> None:
    with torch.device("meta"):
        expected = [tuple(value.shape) for value in theirs(name).state_dict().values()]
    found = []
    for place in ARCHITECTURES[name].summary(width=1.0).tree:
        with torch.device("meta"):
            found += [tuple(value.shape) for value in place.module().state_dict().values()]
    assert found == expected


@pytest.mark.parametrize(
    "name", ["alexnet", "googlenet", "resnet18", "resnet50", "densenet121", "squeezenet1_0", "mobilenet_v2"]
)
def test_torchvisions_weights_give_torchvisions_answer(name: str) -> None:
    other = theirs(name)
    for module in other.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2)
    ours = ARCHITECTURES[name].build().eval()
    load_in_order(ours, other.state_dict())
    images = torch.rand(1, 3, 224, 224)
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
    with torch.inference_mode():
        expected = other((images - mean) / std)
        assert (ours(images) - expected).abs().max() <= 1e-5 * max(1, expected.abs().max())


def test_the_bundled_imagenet_weights_say_the_same_through_our_layers() -> None:
    network, bundled = ARCHITECTURES["efficientnet_lite0"].pretrained(), pretrained()
    image = torch.rand(1, 3, 224, 224)
    with torch.inference_mode():
        torch.testing.assert_close(network(image), bundled(image), atol=1e-5, rtol=1e-5)
    assert network.classes == bundled.classes


def test_weights_of_another_network_are_refused_by_name() -> None:
    network = build("tiny", (1, 28, 28), 10)
    with pytest.raises(CnnvizError, match="has 6 tables of numbers, but there are 2"):
        load_in_order(network, dict(list(network.state_dict().items())[2:4]))
    wrong = {
        name: value.new_zeros(3) for name, value in network.state_dict().items() if "normalise" not in name
    }
    with pytest.raises(CnnvizError, match=r"'conv1.weight' is \(4, 1, 5, 5\), but 'conv1.weight' is \(3,\)"):
        load_in_order(network, wrong)


@pytest.mark.parametrize(
    ("name", "layer", "size", "stride"),
    [("alexnet", "pool3", 195, 32), ("vgg16", "stage5.pool1", 212, 32)],
)
def test_receptive_fields_are_those_of_the_distill_table(
    name: str, layer: str, size: int, stride: int
) -> None:
    """Araujo, Norris and Sim, Computing receptive fields of convolutional neural networks, 2019."""
    found = next(place for place in ARCHITECTURES[name].summary() if place.name == layer).receptive_field
    assert found is not None
    assert (found.size, found.stride) == (size, stride)


def test_lenet5_of_1998_has_the_60000_parameters_of_the_paper_and_its_table() -> None:
    entry = ARCHITECTURES["lenet5_1998"]
    counts = [place.parameters for place in entry.summary() if place.parameters]
    assert counts == [156, 12, 1516, 32, 48_120, 10_164, 850]
    network = entry.build()
    optimizer = torch.optim.SGD(network.parameters(), 0.1)
    network(torch.rand(2, 1, 32, 32)).square().sum().backward()
    optimizer.step()
    weights = dict(network.named_modules())["conv3"].weight
    table = torch.zeros(16, 6, dtype=torch.bool)
    for row, connected in zip(table, C3_CONNECTIONS, strict=True):
        row[list(connected)] = True
    assert torch.equal((weights != 0).flatten(2).any(2), table)
    assert sum(p.numel() for p in network.parameters()) == 60_850


@pytest.mark.parametrize("name", list(ARCHITECTURES))
def test_a_specification_survives_json_and_gets_narrower(name: str) -> None:
    entry = ARCHITECTURES[name]
    spec = entry.spec()
    assert NetworkSpec.from_json(spec.to_json()) == spec
    assert entry.summary(width=0.25).parameters < entry.summary().parameters / 4


@pytest.mark.parametrize("name", ["lenet5", "googlenet", "mobilenet_v2", "densenet121", "octresnet50"])
def test_its_code_runs_without_cnnviz(name: str) -> None:
    side = 64 if name != "lenet5" else 32
    entry = ARCHITECTURES[name]
    network = entry.build(10, (entry.input_shape[0], side, side), width=0.25).eval()
    names: dict[str, object] = {"torch": torch, "nn": nn}
    text = code(network)
    assert "cnnviz" not in text
    other = eval(text, names) if network.plan.is_chain else exec(text, names) or names["network"]
    assert isinstance(other, nn.Module)
    load_in_order(network, other.state_dict())
    images = torch.rand(2, *network.input_shape)
    with torch.inference_mode():
        torch.testing.assert_close(other.eval()((images - 0.5) / 0.5), _with_plain_mean(network)(images))


def _with_plain_mean(network: nn.Module) -> nn.Module:
    normalise = network.get_submodule("normalise")
    for name in ("mean", "std"):
        getattr(normalise, name).fill_(0.5)
    return network


@pytest.mark.parametrize(
    ("name", "side", "sentence"),
    [
        ("vgg16", 20, "its layer 'stage5.pool1' cannot work with what is left. Use 32×32 pixels"),
        ("octresnet50", 100, "Use 128×128 pixels"),
        ("lenet5", 8, "its layer 'conv2' cannot work"),
    ],
)
def test_too_small_an_image_is_a_sentence_with_a_cure(name: str, side: int, sentence: str) -> None:
    entry = ARCHITECTURES[name]
    with pytest.raises(CnnvizError) as caught:
        entry.summary(input_shape=(entry.input_shape[0], side, side))
    assert sentence in str(caught.value)


def test_other_bad_input_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CnnvizError, match="There is no architecture 'resnet51'"):
        registry.architecture_named("resnet51")
    with pytest.raises(CnnvizError, match="The width is 9"):
        ARCHITECTURES["resnet18"].build(width=9)
    with pytest.raises(CnnvizError, match="No weights are published"):
        ARCHITECTURES["zfnet"].pretrained()
    monkeypatch.setattr(registry, "available_bytes", lambda: 10_000_000)
    with pytest.raises(CnnvizError, match=r"VGG-16 needs 1\.\d GB of memory, but 0\.0 GB are free"):
        ARCHITECTURES["vgg16"].build()


def test_octave_convolution_with_alpha_zero_is_a_plain_one() -> None:
    octave, plain = OctConv2d(6, 8, 3, 0, 0, padding=1), nn.Conv2d(6, 8, 3, padding=1)
    load_in_order(plain, octave.state_dict())
    maps = torch.rand(2, 6, 10, 12)
    torch.testing.assert_close(octave(maps), plain(maps), atol=0, rtol=0)
    assert octave_resnet50(0) is ARCHITECTURES["resnet50"]


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(("alpha_in", "alpha_out"), [(0.5, 0.5), (0.25, 0.25), (0.0, 0.5), (0.5, 0.0)])
def test_octave_convolution_is_its_four_paths(alpha_in: float, alpha_out: float, stride: int) -> None:
    octave = OctConv2d(8, 12, 3, alpha_in, alpha_out, stride, padding=1)
    low = round(8 * alpha_in)
    high_maps, low_maps = torch.rand(2, 8 - low, 16, 12), torch.rand(2, max(1, low), 8, 6)
    given = (high_maps, low_maps) if low else high_maps
    result = octave(given)
    pool, grow = nn.AvgPool2d(2), nn.Upsample(scale_factor=2)
    first = pool if stride == 2 else nn.Identity()
    fine = octave.high(first(high_maps))
    if low:
        coarse = octave.low_to_high(low_maps)
        fine = fine + (coarse if stride == 2 else grow(coarse))
    if not alpha_out:
        torch.testing.assert_close(result, fine)
        return
    slow = octave.high_to_low(pool(first(high_maps)))
    if low:
        slow = slow + octave.low(first(low_maps))
    torch.testing.assert_close(result[0], fine)
    torch.testing.assert_close(result[1], slow)
    assert result[1].shape[2:] == tuple(side // 2 for side in result[0].shape[2:])


def test_the_layer_and_the_block_of_a_specification_are_one() -> None:
    spec = NetworkSpec(
        (
            OctaveConv(8, pair=False, bias=False),
            OctaveConv(8, stride=2, alpha=0, bias=False),
            *PRESETS["mini_octresnet"].layers[-2:],
        )
    )
    network = build(spec, (1, 16, 16), 10).eval()
    first = OctConv2d(1, 8, 3, 0, 0.5, padding=1, bias=False)
    second = OctConv2d(8, 8, 3, 0.5, 0, stride=2, padding=1, bias=False)
    weights = {name: value for name, value in network.state_dict().items() if name.startswith("octave")}
    load_in_order(nn.Sequential(first, second), weights)
    image = torch.rand(1, 1, 16, 16)
    seen: list[torch.Tensor] = []
    network.get_submodule("gap1").register_forward_hook(lambda _, given, __: seen.append(given[0]))
    network(image)
    torch.testing.assert_close(second(first((image - 0.5) / 0.5)), seen[0])


def test_octave_convolution_says_what_it_cannot_take() -> None:
    with pytest.raises(CnnvizError, match="alpha_in is 1, but"):
        OctConv2d(8, 8, 3, 1)
    with pytest.raises(CnnvizError, match="cannot be shared with alpha"):
        OctConv2d(1, 8, 3, 0.5)
    with pytest.raises(CnnvizError, match="two tensors"):
        OctConv2d(8, 8, 3)(torch.rand(1, 8, 8, 8))
    with pytest.raises(CnnvizError, match="9×8, but octaves halve them"):
        OctConv2d(8, 8, 3, 0)(torch.rand(1, 8, 9, 8))


@pytest.mark.parametrize(("alpha", "published"), [(0.125, 3.587), (0.25, 3.123), (0.5, 2.353)])
def test_octresnet_costs_what_the_paper_says(alpha: float, published: float) -> None:
    plan = octave_resnet50(alpha).summary()
    assert plan.multiply_adds / 1e9 == pytest.approx(published, rel=0.012)
    assert plan.parameters == ARCHITECTURES["resnet50"].parameters


@pytest.mark.parametrize("name", SMALL)
def test_small_forms_take_28_to_64_pixels(name: str) -> None:
    for shape in ((1, 28, 28), (3, 32, 32), (3, 64, 64)):
        assert summary(PRESETS[name], shape, 10).parameters < 700_000


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("dataset", ["mnist", "fashion"])
def test_the_bundled_weights_reach_the_accuracy_beside_them(name: str, dataset: str) -> None:
    entry = trained_networks()[name, dataset]
    measured = evaluate(trained(name, dataset), load(dataset, "test")).accuracy
    assert measured == pytest.approx(entry.accuracy, abs=0.002)
    assert measured > (0.95 if dataset == "mnist" else 0.75)


def test_a_small_form_trained_again_reaches_its_accuracy() -> None:
    entry = trained_networks()["lenet5", "mnist"]
    trainer = Trainer(TrainingSpec.from_dict(entry.spec.to_dict()))
    while not trainer.done:
        trainer.step()
    assert evaluate(trainer.network, trainer.validation).accuracy == pytest.approx(entry.accuracy, abs=0.015)


def test_what_did_not_come_trained_is_named() -> None:
    with pytest.raises(CnnvizError, match=r"'tiny' does not come trained on 'mnist'\. Choose one of: lenet5"):
        trained("tiny")
    with pytest.raises(CnnvizError, match="Train it in the training lab"):
        trained("tiny", "patches")


def test_the_competition_goes_down_year_by_year_and_below_a_person_in_2015() -> None:
    winners = [entry for entry in COMPETITION if entry.place == 1]
    assert [entry.year for entry in winners] == list(range(2010, 2018))
    errors = [entry.top5_error for entry in winners]
    assert errors == sorted(errors, reverse=True)
    assert next(entry.year for entry in winners if entry.top5_error < HUMAN_TOP5_ERROR) == 2015
    assert imagenet_top1("resnet50") == pytest.approx(76.13)
    assert imagenet_top1("lenet5") is None


def test_the_files_of_weights_are_torchvisions() -> None:
    """So that a menu needs to import nothing to know which are here."""
    for entry in PRETRAINED.values():
        if entry.weights:
            url = getattr(torchvision().models, entry.weights).DEFAULT.url
            assert entry.file == url.rpartition("/")[2]


def test_weights_that_lie_in_the_folder_are_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))
    assert all_weights_here() == {BUNDLED}
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / PRETRAINED["vgg11"].file).touch()
    assert all_weights_here() == {BUNDLED, "vgg11"}
    assert weights_here("vgg11")
    assert not weights_here("vgg16")


@pytest.mark.parametrize("content", [b"", b"half a file", b"PK\x03\x04 half an archive"])
def test_damaged_weights_are_a_sentence_and_set_aside(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))
    path = tmp_path / "weights" / PRETRAINED["squeezenet1_1"].file
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(CnnvizError, match=r"SqueezeNet 1.1 on this machine are damaged.*Get them again"):
        pretrained("squeezenet1_1")
    assert not weights_here("squeezenet1_1")
    assert path.with_name(f"{path.name}.damaged").read_bytes() == content


def test_weights_of_another_network_are_damaged(tmp_path: Path) -> None:
    path = tmp_path / "other-00000000.pth"
    torch.save(nn.Linear(2, 2).state_dict(), path)
    with pytest.raises(CnnvizError, match="damaged"):
        load_published(nn.Conv2d(1, 1, 1), path, "Some network")
    with pytest.raises(CnnvizError, match="damaged"):  # by somebody who still saw the file
        load_published(nn.Conv2d(1, 1, 1), path, "Some network")


def test_a_file_with_its_own_checksum_stays(tmp_path: Path) -> None:
    """What failed then, such as a lack of memory, lies not with the file."""
    draft = tmp_path / "draft"
    torch.save(nn.Linear(2, 2).state_dict(), draft)
    path = tmp_path / f"linear-{hashlib.sha256(draft.read_bytes()).hexdigest()[:8]}.pth"
    draft.replace(path)
    with pytest.raises(RuntimeError):
        load_published(nn.Conv2d(1, 1, 1), path, "Some network")
    assert path.is_file()
