"""The pages inside, over their states; what does not fit is a sentence, and the page goes on."""

from importlib import import_module

import pytest
import torch
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import Open, at_rest, until, words
from tests.pages.restored import assert_restored

INSIDE = "pages/inside/"
IMAGENET = {"network": "efficientnet_lite0"}


NO_UNIT = {"layer": "", "map": ""}


@pytest.mark.parametrize(
    ("page", "state", "instead"),
    [
        ("feature_maps", {"layer": "conv2", "map": "3", "row": "7", "col": "8"}, {}),
        (
            "feature_maps",
            {"layer": "conv2", "map": "999", "row": "99", "col": "-4"},
            {"map": "7", "row": "11", "col": "5"},  # the last map, and of it the largest value
        ),
        ("feature_maps", {"layer": "fc1", "map": "3"}, {}),
        ("feature_maps", {"layer": "pool1", "map": "0", "row": "1", "col": "1"}, {}),
        ("feature_maps", {"layer": "magic", "map": "x"}, NO_UNIT),
        (
            "feature_maps",
            {"two": "true", "edit": "true", "second_number": "3", "edits": "0.1.1.255,5.5.5.5"},
            {"edits": "0.1.1.255"},
        ),
        ("feature_maps", {"run": "example_strided", "step": "0", "number": "12", "one_scale": "true"}, {}),
        ("feature_maps", {"step": "17"}, {}),
        ("feature_maps", {"step": "27"}, {"step": "28"}),  # the nearest that is saved
        ("feature_maps", {"step": "abc", "number": "-5"}, {"step": "None", "number": "7"}),  # the newest
        ("feature_maps", {**IMAGENET, "layer": "block3.add", "map": "2"}, {}),
        ("feature_maps", {**IMAGENET, "layer": "block5.project_conv", "map": "2", "photo": "coffee"}, {}),
        ("feature_maps", {"network": "unknown"}, {"network": "run"}),
        ("feature_maps", {"network": "untrained_lenet5", "layer": "conv2", "map": "3"}, {}),
        ("filters", {"network": "untrained_fast"}, {}),
        ("ablation", {"network": "untrained_mlp"}, {}),
        ("saliency", {"network": "untrained_lenet5", "methods": "gradient"}, {}),
        ("ablation", {"layer": "conv1", "action": "scale", "factor": "-2", "whole": "true"}, {}),
        ("ablation", {"layer": "relu2", "action": "swap", "swap_first": "6", "swap_second": "7"}, {}),
        (
            "ablation",
            {"layer": "fc1", "action": "swap", "swap_first": "0", "swap_second": "77"},
            {"layer": "relu1", "swap_second": "3"},  # the answers themselves are no layer to edit
        ),
        ("ablation", {"layer": "relu2", "channels": "1,5"}, {}),
        ("ablation", {"channels": "99,x"}, {"channels": "0"}),
        ("ablation", {**IMAGENET, "layer": "block16.project_norm", "channel_list": "1, 5 x"}, {}),
        ("filters", {"layer": "conv2", "filter": "5", "order": "similarity", "step": "0"}, {}),
        (
            "filters",
            {"layer": "conv9", "filter": "999", "smoothness": "9"},
            {"layer": "conv1", "filter": "3", "smoothness": "0.02"},
        ),
        ("filters", {"run": "example_strided", "order": "norm"}, {}),
        ("embedding", {"way": "tsne", "count": "60", "step": "0"}, {}),
        ("embedding", {"layer": "normalise", "by": "prediction", "count": "3"}, {"count": "400"}),
        ("mistakes", {"view": "cell", "true": "0", "predicted": "1"}, {}),
        ("mistakes", {"run": "example_linear", "step": "0"}, {}),
        ("saliency", {"compare": "classes", "method": "gradient"}, {}),
        ("saliency", {"compare": "steps", "method": "deep_lift", "trust": "true"}, {}),
        ("saliency", {"methods": "", "target": "7"}, {}),
        (
            "saliency",
            {
                "methods": "grad_cam,layer_cam",
                "cam_layer": "conv1",
                "absolute": "true",
                "smooth": "2",
                "opacity": "0.4",
                "target": "77",
            },
            {"target": "predicted"},
        ),
        (
            "saliency",
            {
                "methods": "lime,occlusion",
                "lime_pieces": "9",
                "occlusion_window": "9",
                "occlusion_baseline": "pink",
            },
            {"methods": "occlusion,lime", "occlusion_baseline": "black"},
        ),
        ("saliency", {"methods": "feature_ablation,kernel_shap,rise", "rise_masks": "200"}, {}),
    ],
)
def test_every_state_is_a_link(
    page: str, state: dict[str, str], instead: dict[str, str], open_page: Open
) -> None:
    """``instead``: what the page holds for values of the link that are foreign to it."""
    app = until(open_page(f"{INSIDE}{page}.py", **state), at_rest)
    assert not app.exception
    assert not app.error
    assert any(caption.value.startswith("Source: ") for caption in app.caption)
    assert_restored(app, state, instead)


def finished(app: AppTest, text: str) -> AppTest:
    """Runs the page again until it says something."""
    return until(app, lambda app: text in words(app) or any(text in str(table.value) for table in app.table))


def test_trust_sanity_and_bench_appear(open_page: Open) -> None:
    app = open_page(
        f"{INSIDE}saliency.py", methods="gradient,grad_cam", trust="true", sanity="true", bench="true"
    )
    finished(app, "a random map (the floor)")
    finished(app, "passes")
    finished(app, "rank correlation with the true map")
    assert not app.exception
    assert not app.error


@pytest.mark.parametrize(
    ("page", "state", "sentence"),
    [
        ("saliency", {"run": "example_linear", "methods": "grad_cam"}, "no convolution, so it has no maps"),
        ("saliency", {"run": "example_linear", "methods": "guided_backprop"}, "no ReLU. Choose Gradient"),
        ("saliency", {"methods": "occlusion", "occlusion_window": "60"}, "does not fit in a 28×28 image"),
        ("saliency", {"image": "draw", "methods": "gradient"}, "same colour everywhere"),
        ("feature_maps", {"run": "nobody"}, "nobody"),
    ],
)
def test_what_does_not_fit_is_a_sentence_and_the_page_goes_on(
    page: str, state: dict[str, str], sentence: str, open_page: Open
) -> None:
    app = open_page(f"{INSIDE}{page}.py", **state)
    until(app, lambda app: bool(app.error))
    assert not app.exception
    assert sentence in app.error[0].value
    assert any(caption.value.startswith("Source: ") for caption in app.caption)


def test_a_network_without_convolution_has_no_filters_but_a_page(open_page: Open) -> None:
    app = open_page(f"{INSIDE}filters.py", run="example_linear")
    assert not app.exception
    assert "no convolution, so it has no filters" in words(app)


def test_a_pretrained_network_without_a_connection_is_a_sentence(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))
    monkeypatch.setattr(import_module("cnnviz.models.pretrained"), "fetch", lambda *_, **__: False)
    app = open_page(f"{INSIDE}saliency.py", network="resnet18")
    until(app, lambda app: bool(app.warning))
    assert not app.exception
    assert "EfficientNet-Lite0 (bundled) works without it" in words(app)


def test_each_class_is_measured_against_its_own_random_maps(open_page: Open) -> None:
    app = open_page(f"{INSIDE}saliency.py", compare="classes", method="gradient", trust="true")
    finished(app, "Deletion: ")
    assert not app.exception
    cells = app.table[0].value.to_numpy().astype(str).ravel()
    floors = {cell.partition("(random ")[2] for cell in cells if "(random " in cell}
    assert len(floors) > 8  # eight classes, two areas each


def test_the_code_of_a_page_gives_its_numbers_edits_included(open_page: Open) -> None:
    app = open_page(f"{INSIDE}feature_maps.py", edit="true", edits="0.14.14.255,0.0.0.200", number="3")
    names: dict[str, torch.Tensor] = {}
    exec(app.code[0].value, names)
    assert names["values"].shape == (1, 10)
    image = names["image"]
    assert (image[0, 14, 14], image[0, 0, 0]) == (255, 200)
    best = names["probabilities"].max().item()
    assert f"{best:.3f}" in app.get("plotly_chart")[0].proto.alt


def test_a_linked_choice_is_the_default_of_its_control(open_page: Open) -> None:
    """If its value were set, a second run before the browser has drawn it would lose it: its message replaces
    the first one.
    """
    app = open_page(f"{INSIDE}ablation.py", layer="relu2", channels="3", action="scale")
    menu, buttons = app.selectbox(key="layer"), app.get("button_group")
    assert menu.options[menu.proto.default].startswith("relu2")
    assert not menu.proto.set_value
    chosen = {group.proto.options[place].content for group in buttons for place in group.proto.default}
    assert {"scale", "3"} <= chosen
    assert not any(group.proto.set_value for group in buttons)
