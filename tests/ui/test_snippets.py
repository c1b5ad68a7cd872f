"""The code that pages show gives the numbers that pages show."""

import contextlib
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from cnnviz.data import DATASETS, ImageDataset, embed, fit, load, photo
from cnnviz.data.look import look_code, mean_images
from cnnviz.data.volumes import load_volumes
from cnnviz.expressions import Expression, script
from cnnviz.features import (
    ablated,
    answers,
    class_evidence,
    feature_maps,
    layer_features,
    maximise,
    probabilities,
    project,
)
from cnnviz.features.ablation import ablation_code
from cnnviz.features.composition import peaks, stages, strongest
from cnnviz.features.embedding import embedding_code
from cnnviz.features.filters import filters_code
from cnnviz.features.mistakes import mistakes_code
from cnnviz.features.nearest import nearest, nearest_pixels, retrieval_code
from cnnviz.features.verification import by_class, verification_code
from cnnviz.figures.pixels import numbers, pixels_code, with_edits
from cnnviz.inspection.compute import compute_code, works
from cnnviz.inspection.units import unit_code
from cnnviz.models import ARCHITECTURES, PRESETS
from cnnviz.models.architectures import architecture_code
from cnnviz.ops import convolution, dropout, pooling
from cnnviz.ops.activations import ACTIVATIONS, activations_code
from cnnviz.ops.convolution import convolution_code, gradient_code
from cnnviz.ops.dense import softmax_code, softmax_terms
from cnnviz.ops.dropout import dropout_code
from cnnviz.ops.kernels import apply, grey, kernel, kernel_code
from cnnviz.ops.layer_cost import layer_cost
from cnnviz.ops.layer_kinds import KINDS, LayerKind, hand_filters, layer_code, layer_maps
from cnnviz.ops.pooling import pooling_code
from cnnviz.ops.volumes import convolve, volume_kernel
from cnnviz.saliency import attribute
from cnnviz.saliency.trust import saliency_code
from cnnviz.tasks import detect, label_scores, segment
from cnnviz.tasks.volumes import classify_volumes, without_each_slice
from cnnviz.training import Trainer, TrainingSpec, open_run, trained, trained_networks
from cnnviz.training.bias import bias_code, bias_result
from cnnviz.training.code import feature_maps_code, training_code
from cnnviz.training.outcomes import bundled
from cnnviz.training.volumes import (
    VolumeTraining,
    accuracy_of,
    begin,
    network_of,
    next_epoch,
    trained_on_solids,
)
from cnnviz.ui.classify import classify_code
from cnnviz.ui.composition import composition_code
from cnnviz.ui.depth import depth_code
from cnnviz.ui.detection import detection_code
from cnnviz.ui.faces import judged, judged_images
from cnnviz.ui.ideas import ideas_code
from cnnviz.ui.images import ChosenImage, file_code
from cnnviz.ui.labels import labels_code
from cnnviz.ui.pipeline import pipeline_code
from cnnviz.ui.retrieval import fitted
from cnnviz.ui.segmentation import segmentation_code
from cnnviz.ui.volumes import volumes_code

NAMES = {
    "LECTURE_MATRIX": "cnnviz.data.matrices",
    "embedded": "cnnviz.data",
    "filters": "cnnviz.features",
    "kernel": "cnnviz.ops.kernels",
    "load": "cnnviz.data",
    "open_run": "cnnviz.training",
    "photo": "cnnviz.data",
    "pretrained": "cnnviz.models",
    "trained(": "cnnviz.training",
}


def written(text: str) -> Expression:
    """An expression of the pages."""
    return Expression(text, {name.rstrip("("): module for name, module in NAMES.items() if name in text})


def run_code(code: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()) as output:
        exec(compile(code, "snippet", "exec"), names)
    return {**names, "printed": output.getvalue()}


SMALL = TrainingSpec("patches", "tiny", epochs=1, limit=200, batch_size=32)
KNOBS: tuple[dict[str, Any], ...] = (
    {"classes": ("Retina", "Espresso", "Rocket"), "share": 0.7},
    {"rare": ("Retina", "Rocket"), "rare_share": 0.3, "share": 0.8},
    {"loss": "squared_error", "learning_rate": 0.0123456789},
    {"l1": 1e-4, "clip": 0.5, "schedule": "step"},
    {"augmentation": "flip,crop,rotate,colour,cutout,mixup", "limit": 70},
    {"augmentation": ("mixup",), "loss": "squared_error", "schedule": "warm_up"},
    {"initialisation": "he", "noise": 0.3, "network": "mlp"},
    {"precision": "mixed", "optimizer": "momentum"},
)


LIKE_OTHERS = {"mini_zfnet", "mini_alexnet", "mini_resnet", "mini_bottleneck"}
"""Networks of no kind of layer that another preset does not have."""


@pytest.mark.parametrize(
    "spec",
    [
        *(
            TrainingSpec("mnist", preset, epochs=1, limit=520)
            for preset in PRESETS
            if preset not in LIKE_OTHERS
        ),
        TrainingSpec(
            "patches",
            "tiny",
            epochs=1,
            limit=500,
            optimizer="adam",
            schedule="cosine",
            seed=3,
            label_smoothing=0.0,
        ),
        *(replace(SMALL, **changes) for changes in KNOBS),
    ],
    ids=repr,
)
def test_training_code_gives_the_weights_of_the_run_to_the_bit(spec: TrainingSpec) -> None:
    threads = torch.get_num_threads()
    names = run_code(training_code(spec))
    trainer = Trainer(spec)
    while not trainer.done:
        trainer.step()
    torch.set_num_threads(threads)
    for ours, theirs in zip(trainer.network.parameters(), names["network"].parameters(), strict=True):
        assert torch.equal(ours, theirs)
    accuracy = trainer.record(validate=True).val_accuracy
    assert names["printed"] == f"test accuracy {accuracy:.2%}\n"


def test_feature_maps_code_gives_the_maps_and_the_prediction() -> None:
    run = open_run("example")
    step, image = run.steps[-1], load("mnist", "test").floats(slice(7, 8))
    names = run_code(feature_maps_code(run.spec, run.id, step, written('load("mnist", "test").images[7]')))
    for layer, values in feature_maps(run.network(step), image[0]).items():
        torch.testing.assert_close(names["maps"][layer].flatten(), values.flatten())
    torch.testing.assert_close(names["probabilities"], probabilities(run.network(step), image)[0])


def seen(numbers: torch.Tensor, expected: torch.Tensor) -> None:
    torch.testing.assert_close(numbers.detach().squeeze(), expected.detach().squeeze(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("stride", "padding", "dilation", "mode", "flip"),
    [(1, 0, 1, "zeros", False), (2, 1, 1, "reflect", True), (1, 2, 2, "circular", True)],
)
def test_convolution_and_gradient_code(
    stride: int, padding: int, dilation: int, mode: str, flip: bool
) -> None:
    image, kernel = torch.randn(6, 7).double().round(decimals=2), torch.randn(3, 3).double().round(decimals=2)
    options = (stride, padding, dilation, mode, flip)
    traced = convolution.trace(image, kernel, *options)
    target = torch.randn_like(traced.output).round(decimals=2)
    found = convolution.gradient(image, kernel, target, *options)
    code = convolution_code(image, kernel, *options)
    seen(run_code(code)["s"], traced.output)
    names = run_code(gradient_code(code, target, 0.01))
    assert names["loss"].item() == pytest.approx(found.loss, rel=1e-4)
    seen(names["kernel"].grad, found.kernel_gradient)
    seen(names["new_kernel"], kernel - 0.01 * found.kernel_gradient)


@pytest.mark.parametrize("kind", ["bytes", "scaled", "normalised"])
def test_pixels_code(kind: str) -> None:
    image = photo("chelsea")
    names = run_code(pixels_code(written('photo("chelsea")'), kind, 255, (10, 20, 8, 9)))
    seen(names["window"], numbers(image, kind)[:, 10:18, 20:29])
    lecture = run_code(pixels_code(written("LECTURE_MATRIX[None]"), "bytes", 99, (0, 0, 20, 20)))
    assert lecture["window"].max() == 99


def test_kernel_code() -> None:
    names = run_code(kernel_code(written('photo("coffee")'), written('kernel("gabor", 7, 45, 4, 0)')))
    seen(names["result"], apply(grey(photo("coffee")) / 255, kernel("gabor", 7, 45.0)))
    learned = run_code(
        kernel_code(
            written('load("mnist", "test").images[7]'),
            written('filters(open_run("example").network(624))[1][0]'),
        )
    )
    assert learned["result"].shape == (1, 28, 28)


@pytest.mark.parametrize("kind", list(KINDS.values()), ids=lambda kind: kind.name)
def test_layer_code(kind: LayerKind) -> None:
    numbers = (kind.filters, kind.kernel, kind.stride, kind.padding, kind.dilation, kind.groups)
    names = run_code(layer_code(written('photo("rocket")'), *numbers, kind.transposed))
    weights = hand_filters(kind.filters, 3 // kind.groups, kind.kernel)
    expected = layer_maps(
        fit(photo("rocket"), (3, 32, 32)), weights, *numbers[2:], transposed=kind.transposed
    )
    seen(names["maps"], expected)
    cost = layer_cost((3, 32, 32), *numbers, transposed=kind.transposed)
    assert f"{cost.parameters} parameters" in names["printed"]
    assert tuple(names["maps"].shape) == cost.output_shape


def test_activations_code() -> None:
    names = run_code(activations_code(list(ACTIVATIONS)))
    x = names["x"].detach()
    for name, function in names["functions"].items():
        seen(function(x), ACTIVATIONS[name].function(x))


@pytest.mark.parametrize("mode", list(pooling.POOLINGS))
@pytest.mark.parametrize(
    ("size", "stride", "padding", "ceil"),
    [(2, 2, 0, False), (3, 2, 1, False), (2, 2, 0, True), (3, 1, 0, True)],
)
def test_pooling_code(mode: str, size: int, stride: int, padding: int, ceil: bool) -> None:
    image = torch.randn(2, 5, 7).double().round(decimals=2)
    names = run_code(pooling_code(image, (size, size), stride, padding, mode, ceil))
    seen(names["pooled"], pooling.trace(image, size, stride, mode, padding, ceil=ceil).output)


def test_dropout_code() -> None:
    names = run_code(dropout_code(0.5, 3, 200))
    now = dropout.SmallNetwork.make().run(torch.tensor([1.0, -0.5, 2.0, 0.8]), 0.5, 3)
    seen(names["output"], now.values[-1])
    seen(names["draws"].mean(), dropout.running_means(2.0, 0.5, 200, 3)[-1])


def test_softmax_code() -> None:
    run = open_run("example_linear")
    evidence = class_evidence(run.network(run.steps[-1]), load("mnist", "test").floats(slice(7, 8))[0])
    logits = evidence.logits.clone()
    logits[8] += 5
    names = run_code(softmax_code(written('load("mnist", "test").images[7]'), 8, 5.0, 2.0, 3))
    terms = softmax_terms(logits, 2.0, 3)
    seen(names["probabilities"].double(), torch.tensor(terms.probabilities, dtype=torch.float64))
    assert names["loss"].item() == pytest.approx(terms.loss, rel=1e-4)


def test_the_code_of_the_pages_inside_gives_their_numbers() -> None:
    network, image = written('open_run("example").network(624)'), written('load("mnist", "test").images[7]')
    digit = load("mnist", "test").floats(slice(7, 8))[0]
    model, shape = open_run("example").network(624), (1, 28, 28)
    names = run_code(
        saliency_code(
            network, image, shape, "integrated_gradients", 3, None, {"steps": 20, "baseline": "black"}
        )
    )
    torch.testing.assert_close(
        names["found"].map, attribute(model, digit, 3, "integrated_gradients", steps=20).map
    )
    names = run_code(saliency_code(network, image, shape, "grad_cam", 3, "conv1", {}))
    torch.testing.assert_close(names["found"].map, attribute(model, digit, 3, "grad_cam", layer="conv1").map)
    names = run_code(unit_code(network, image, shape, ("conv2", 3, 7, 8)))
    assert names["unit"].value == pytest.approx(feature_maps(model, digit)["conv2"][3, 7, 8].item(), abs=1e-5)
    names = run_code(unit_code(network, image, shape, None))
    torch.testing.assert_close(names["maps"]["relu2"], feature_maps(model, digit)["relu2"])
    names = run_code(ablation_code(network, image, shape, "relu2", {"off": (1, 3)}))
    torch.testing.assert_close(
        names["after"], probabilities(ablated(model, "relu2", shape, off=(1, 3)), digit[None])[0]
    )
    names = run_code(filters_code(network, shape, "conv2", 3, 0.02, 0))
    torch.testing.assert_close(names["made"].image, maximise(model, "conv2", 3, shape).image)
    names = run_code(embedding_code(network, load("mnist", "test"), 60, "relu2", "pca"))
    torch.testing.assert_close(
        names["points"], project(layer_features(model, "relu2", load("mnist", "test", 60).floats()))
    )
    names = run_code(mistakes_code(network, load("mnist", "test"), 4, 9))
    assert names["found"].cell(4, 9) == answers(model, load("mnist", "test")).cell(4, 9)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_drawing_a_file_and_edited_pixels_stand_in_the_code(
    channels: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    pixels = torch.randint(256, (channels, 28, 28), dtype=torch.uint8)
    edits = {(0, 3, 4): 255, (channels - 1, 27, 0): 7}
    drawn = ChosenImage(pixels, "your drawing", code=written(f'embedded("{embed(pixels)}")'))
    names = run_code(pixels_code(drawn.edited(edits), "bytes", 255, (2, 3, 9, 9)))
    assert torch.equal(names["image"], with_edits(pixels, edits))
    network = written('open_run("example").network(624)')
    seen = (with_edits((drawn.for_network((1, 28, 28)) * 255).round().byte(), {(0, 3, 4): 255})).float() / 255
    names = run_code(unit_code(network, drawn.edited({(0, 3, 4): 255}, (1, 28, 28)), (1, 28, 28), None))
    torch.testing.assert_close(names["image"], seen)
    torch.testing.assert_close(
        names["maps"]["conv1"], feature_maps(open_run("example").network(624), seen)["conv1"]
    )
    large = photo("coffee")
    Image.fromarray(large.permute(1, 2, 0).numpy()).save(tmp_path / "my 'best' photo.png")
    monkeypatch.chdir(tmp_path)
    names = run_code(
        unit_code(
            written('pretrained("efficientnet_lite0")'), file_code("my 'best' photo.png"), (3, 224, 224), None
        )
    )
    torch.testing.assert_close(names["image"], fit(large, (3, 224, 224)))
    assert names["maps"]["fc"].shape == (1000, 1, 1)


def test_a_script_imports_what_its_parts_take_and_nothing_else() -> None:
    image = written('photo("coffee")').inside("with_edits({}, {(0, 1, 1): 5})", with_edits="cnnviz.figures")
    assert script(f"image = {image}\n", image, first=(), fit="cnnviz.data") == (
        'from cnnviz.data import fit, photo\nfrom cnnviz.figures import with_edits\n\nimage = with_edits(photo("coffee"), {(0, 1, 1): 5})\n'
    )
    assert "filters" not in kernel_code(written('photo("coffee")'), written('kernel("sobel_x")'))
    assert "MEAN_STD" not in pixels_code(written('photo("coffee")'), "bytes", 255, (0, 0, 2, 2))


def test_architectures_their_counts_and_the_maps_of_a_layer() -> None:
    digit = written('load("mnist", "test").images[7]')
    names = run_code(architecture_code("lenet5", (1, 32, 32), "conv2", digit, "trained"))
    assert names["plan"].parameters == 61_706
    network = ARCHITECTURES["lenet5"].build().eval()
    network.load_state_dict(trained("lenet5").state_dict())
    image = fit(load("mnist", "test").images[7], (1, 32, 32))
    seen(names["maps"], feature_maps(network, image)["conv2"])
    photograph = written('photo("chelsea")')
    names = run_code(architecture_code("squeezenet1_0", (3, 64, 64), "conv1", photograph, ""))
    assert names["maps"].shape == (96, 29, 29)


def test_depth_and_efficiency() -> None:
    names = run_code(depth_code("mnist"))
    assert names["plan"].parameters == list(ARCHITECTURES.values())[-1].parameters
    assert names["network"].spec.name in {name for name, _ in trained_networks()}


def test_ideas_train_the_bundled_networks_again() -> None:
    names = run_code(ideas_code("stride"))
    course = bundled("stride").outcomes[0].courses[0]
    assert names["accuracy"] == pytest.approx(course.accuracy[-1], abs=0.03)


def test_composition_gives_the_strongest_filters_of_the_page() -> None:
    network = trained("mini_vgg", "fashion")
    code = composition_code(
        written('trained("mini_vgg", "fashion")'),
        written('load("fashion", "test").images[9]'),
        (1, 28, 28),
        "fashion",
        4,
    )
    names = run_code(code)
    test = load("fashion", "test")
    layers = [stage.layer for stage in stages(network, (1, 28, 28))]
    here = peaks(network, layers, test.floats(slice(9, 10)))
    usual = peaks(network, layers, test.floats(slice(0, 500)))
    assert names["channels"] == strongest(here[layers[-1]], usual[layers[-1]], 4)
    assert [one.shape for one in names["made"]] == [(1, 28, 28)] * 4


def test_classify_gives_the_answer_and_the_map() -> None:
    network = trained("mini_resnet", "fashion")
    code = classify_code(written('trained("mini_resnet", "fashion")'), written('photo("brick")'), (1, 28, 28))
    names = run_code(code)
    image = fit(photo("brick"), (1, 28, 28))
    torch.testing.assert_close(names["answer"], probabilities(network, image.unsqueeze(0))[0])
    found = attribute(network, image, int(names["best"].indices[0]), "grad_cam")
    torch.testing.assert_close(names["found"].map, found.map)


def test_put_together_ends_at_the_page_s_probability() -> None:
    run = open_run("example")
    network, step = run.network(run.steps[-1]), run.steps[-1]
    image = load("mnist", "test").floats(slice(3, 4))
    code = pipeline_code(
        written(f'open_run("example").network({step})'),
        written('load("mnist", "test").images[3]'),
        (1, 28, 28),
        0,
    )
    names = run_code(code)
    assert names["answer"] == pytest.approx(probabilities(network, image)[0, 0].item(), abs=1e-6)
    assert names["path"].stops[-1].unit.channel == 0


def test_looking_at_a_data_set() -> None:
    test = load("digits", "test", classes=("3", "5"))
    names = run_code(look_code(test, 4))
    assert torch.equal(names["near"].indices, nearest_pixels(test, 4, 24).indices)
    assert names["changed"].shape == (1, 1, 8, 8)
    assert names["counts"] == {
        name: int((test.labels == label).sum()) for label, name in enumerate(("3", "5"))
    }
    assert torch.equal(names["means"], mean_images(test))


def test_the_skewed_sample_gives_the_bundled_recalls() -> None:
    about = bias_result()
    names = run_code(bias_code())
    coat, sneaker = (about.classes.index(name) for name in about.rare)
    for title, values in names["recalls"].items():
        for place in (coat, sneaker):
            assert values[place] == pytest.approx(about.found[title].by_class[place].mean, abs=0.25)
    assert names["recalls"]["skewed"][coat] < names["recalls"]["balanced"][coat] - 0.3


@pytest.mark.parametrize(
    ("network", "dataset", "layer"),
    [
        (written('trained("mini_resnet", "fashion")'), load("fashion", "test"), "gap1"),
        (
            written('pretrained("efficientnet_lite0")'),
            fitted(load("patches", "test", 20), (3, 224, 224)),
            "block1.project_conv",
        ),
    ],
)
def test_nearest_images(network: Expression, dataset: ImageDataset, layer: str) -> None:
    image = written(f'load("{dataset.name}", "test").images[3]')
    names = run_code(retrieval_code(network, dataset, layer, image, 5, "cosine"))
    found = nearest(names["network"], layer, dataset.floats([3]), dataset.floats(), 5)
    assert torch.equal(names["found"], found[0])
    assert found[0, 0] == 3
    assert 0 < names["precision"] <= 1


def test_detection_finds_the_page_s_boxes_and_average() -> None:
    run = open_run("example_detector")
    network, test = run.network(run.steps[-1]), run.spec.load("test")
    names = run_code(
        detection_code(written(f'open_run("example_detector").network({run.steps[-1]})'), test, 3, 0.3, 0.45)
    )
    (found,) = detect(network, test.floats([3]), threshold=0.3, iou=0.45)
    torch.testing.assert_close(names["here"].boxes, found.boxes, atol=1e-3, rtol=1e-4)
    assert names["average"] == pytest.approx(run.metrics()[-1].val_accuracy, abs=0.002)


@pytest.mark.parametrize("training", [None, VolumeTraining("slices", epochs=1, seed=2)])
def test_volumes_gives_the_page_s_map_accuracy_and_probabilities(training: VolumeTraining | None) -> None:
    test, view = load_volumes(split="test"), "slices"
    names = run_code(volumes_code("solids", 5, "rows", 7, "laplacian", view, training))
    wanted = convolve(test.volumes[5].float(), volume_kernel("laplacian"))[:, 7]
    assert torch.allclose(names["shown"], wanted, atol=1e-3)
    network = trained_on_solids(view, test)
    if training is not None:
        train = load_volumes()
        state = next_epoch(training, begin(training, train), train, test)
        network = network_of(view, test, state.weights)
    assert torch.equal(names["probabilities"], classify_volumes(network, view, test.floats([5]))[0])
    assert torch.equal(names["without"], without_each_slice(network, view, test.floats(5), 1))
    assert f"test accuracy {accuracy_of(network, view, test)}" in names["printed"]


def test_segmentation_gives_the_page_s_masks_and_iou() -> None:
    run = open_run("example_unet")
    test = run.spec.load("test")
    names = run_code(
        segmentation_code(written(f'open_run("example_unet").network({run.steps[-1]})'), test, 3)
    )
    assert torch.equal(names["masks"], segment(run.network(run.steps[-1]), test.floats()))
    assert names["average"] == pytest.approx(run.metrics()[-1].val_accuracy, abs=0.002)


def test_labels_gives_the_page_s_labels_and_scores() -> None:
    run = open_run("example_labels")
    test = run.spec.load("test")
    names = run_code(
        labels_code(written(f'open_run("example_labels").network({run.steps[-1]})'), test, 3, 0.4)
    )
    with torch.inference_mode():
        outputs = run.network(run.steps[-1])(test.floats())
    torch.testing.assert_close(names["outputs"], outputs, atol=1e-3, rtol=1e-4)
    found = label_scores(outputs, test.targets["labels"], 0.4)
    torch.testing.assert_close(names["found"].precision, found.precision)
    assert float(names["average"]) == pytest.approx(run.metrics()[-1].val_accuracy, abs=0.002)


@pytest.mark.parametrize(
    ("network", "model", "dataset", "seen", "shape", "layer", "threshold"),
    [
        (
            written('trained("mini_resnet", "fashion")'),
            lambda: trained("mini_resnet", "fashion"),
            "mnist",
            False,
            (1, 28, 28),
            "gap1",
            0.213,
        ),
        (
            written('open_run("example").network(624)'),
            lambda: open_run("example").network(624),
            "mnist",
            True,
            (1, 28, 28),
            "flatten1",
            0.5,
        ),
        (
            written('trained("mini_vgg", "fashion")'),
            lambda: trained("mini_vgg", "fashion"),
            "patches",
            False,
            (1, 28, 28),
            "stage2.relu2",
            0.4,
        ),
    ],
)
def test_verification_gives_the_rates_of_the_page(
    network: Expression,
    model: Callable[[], torch.nn.Module],
    dataset: str,
    seen: bool,
    shape: tuple[int, int, int],
    layer: str,
    threshold: float,
) -> None:
    data = judged_images(dataset, seen, shape, "")
    fits = DATASETS[dataset].shape == shape
    names = run_code(verification_code(network, data, seen, fits, layer, 120, 3, threshold))
    found = judged(layer_features(model(), layer, data.floats()), data.labels, 120, 3)
    now = found.at(threshold)
    assert names["false_accept"].item() == pytest.approx(now.false_accept)
    assert names["false_reject"].item() == pytest.approx(now.false_reject)
    assert names["accuracy"].item() == pytest.approx(now.accuracy)
    assert names["found"].equal_error_rate == pytest.approx(found.equal_error_rate)
    worst = by_class(found, data.labels, threshold)[0]
    assert f"{data.classes[worst.label]} {worst.rejected} of {worst.same}\n" in names["printed"]


def test_what_this_machine_can_do() -> None:
    names = run_code(compute_code())
    wanted = [(work.title, work.multiply_adds) for work in works() if work.kind in ("product", "convolution")]
    assert [(title, count) for title, count, _, _ in names["rows"]] == wanted
    assert all(speed == pytest.approx(share * names["peak"]) for _, _, speed, share in names["rows"])
    assert max(share for _, _, _, share in names["rows"][:4]) == 1
    titles = {work.title for work in works()}
    assert set(names["speeds"]) <= titles
    assert all(speed > 0 for speed in names["speeds"].values())
