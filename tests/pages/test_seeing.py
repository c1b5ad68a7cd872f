"""The pages of "Seeing" over their states: links, foreign values, and what the student reads."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import Open, words
from tests.pages.restored import assert_restored, held

SEEING = "pages/seeing/"


LECTURE_IMAGE = "1,1,1,0,0;0,1,1,1,0;0,0,1,1,1;0,0,1,1,0;0,1,1,0,0"
LECTURE_KERNEL = "1,0,1;0,1,0;1,0,1"


@pytest.mark.parametrize(
    ("page", "state", "instead"),
    [
        (
            "convolution",
            {
                "rows": "12",
                "cols": "12",
                "size": "7",
                "padding": "6",
                "stride": "3",
                "dilation": "1",
                "mode": "zeros",
            },
            {},
        ),
        ("convolution", {"mode": "circular", "padding": "2", "rate": "0.03", "flip": "false"}, {}),
        (
            "convolution",
            {
                "image": "1,2;3",
                "kernel": "x",
                "target": "nan,1",
                "rows": "-4",
                "mode": "mirror",
                "flip": "perhaps",
            },
            {
                "image": LECTURE_IMAGE,
                "kernel": LECTURE_KERNEL,
                "target": "-2,0,2;-3,-2,2;-3,-1,2",
                "rows": "5",
                "mode": "zeros",
                "flip": "false",
            },
        ),
        (
            "convolution",
            {"image": "1e30,0", "kernel": "1,0,-1;2,0,-2;1,0,-1", "flip": "true", "start": "400"},
            {"image": LECTURE_IMAGE},
        ),
        (
            "convolution",
            {
                "image": "-7,0.5,1e-05;2,3,4;5,6,123456",
                "rows": "3",
                "cols": "3",
                "size": "2",
                "target": "1,2;3,4",
            },
            {},
        ),
        ("convolution", {"rows": "1", "cols": "1", "size": "1"}, {}),
        ("image_as_numbers", {"begin": "lecture"}, {}),
        ("image_as_numbers", {"begin": "lecture", "values": "normalised"}, {}),
        ("image_as_numbers", {"image": "test", "number": "999", "edits": "0.27.27.5"}, {}),
        (
            "image_as_numbers",
            {
                "image": "photo",
                "photo": "retina",
                "colours": "apart",
                "side": "12",
                "top": "99999",
                "left": "-3",
            },
            {"top": "699", "left": "699"},
        ),
        (
            "image_as_numbers",
            {"image": "photo", "photo": "coffee", "side": "6", "top": "0", "left": "31"},
            {},
        ),
        (
            "image_as_numbers",
            {"image": "photo", "values": "normalised", "photo": "elephant"},
            {"photo": "chelsea"},
        ),
        ("image_as_numbers", {"image": "draw", "centred": "false"}, {}),
        (
            "kernels",
            {
                "kernel": "gabor",
                "kernel_side": "11",
                "kernel_angle": "45",
                "two": "true",
                "second": "motion",
                "show": "picture",
            },
            {},
        ),
        ("kernels", {"kernel": "own", "kernel_side": "3", "kernel_own": "0,-1,0;-1,5.25,-1;0,-1,0"}, {}),
        (
            "kernels",
            {"kernel": "own", "kernel_side": "3", "kernel_own": "1,2;3"},
            {"kernel_own": "-1,0,1;-2,0,2;-1,0,1"},
        ),
        ("kernels", {"kernel": "learned", "kernel_number": "3", "image": "test"}, {}),
        (
            "kernels",
            {"kernel": "magic", "kernel_side": "4", "image": "camera"},
            {"kernel": "sobel_x", "kernel_side": "5"},
        ),
        *(
            ("convolutional_layer", {"kind": kind}, {})
            for kind in (
                "plain",
                "same",
                "strided",
                "one_by_one",
                "dilated",
                "grouped",
                "depthwise",
                "transposed",
            )
        ),
        (
            "convolutional_layer",
            {"where": "whole", "second_layer": "true", "depth": "8", "image": "test"},
            {},
        ),
        (
            "convolutional_layer",
            {
                "kind": "grouped",
                "grouped_filters": "9",
                "grouped_size": "3",
                "grouped_groups": "3",
                "filter": "8",
                "bias": "-0.5",
            },
            {},
        ),
        (
            "activations",
            {
                "functions": "",
                "init": "large",
                "layers": "50",
                "function": "maxout",
                "layer": "pool2",
                "map": "5",
                "stack_seed": "7",
            },
            {},
        ),
        (
            "activations",
            {"functions": "swish,relu", "function": "sigmoid", "histogram": "gelu"},
            {"functions": "relu", "histogram": "relu"},
        ),
        (
            "pooling",
            {"mode": "distance", "window": "3", "stride": "1", "padding": "1", "channel": "1", "reach": "3"},
            {},
        ),
        (
            "pooling",
            {
                "mode": "l2",
                "whole": "true",
                "rows": "3",
                "cols": "5",
                "channel0": "1,2,3,4,5;6,7,8,9,10;11,12,13,14,-15",
            },
            {},
        ),
        ("pooling", {"mode": "average", "cols": "5", "ceil": "true", "image": "draw"}, {}),
        (
            "pooling",
            {"mode": "median", "window": "7", "channel": "2"},
            {"mode": "max", "window": "2", "channel": "0"},
        ),
        ("dropout", {"p": "0.9", "mode": "evaluation", "draws": "2000"}, {}),
        ("dropout", {"mode": "use"}, {"mode": "evaluation"}),
        ("dropout", {"p": "0", "step_number": "77", "clear": "11", "unclear": "999"}, {}),
        (
            "dropout",
            {"p": "1", "step_number": "0", "mode": "sleep"},
            {"p": "0.5", "step_number": "1", "mode": "train"},
        ),
        ("fully_connected", {"block": "maps", "place": "511"}, {}),
        (
            "fully_connected",
            {"temperature": "0.1", "move": "-10", "class": "9", "true": "1", "place": "99999"},
            {"place": "0"},
        ),
    ],
)
def test_every_state_is_a_link(
    page: str, state: dict[str, str], instead: dict[str, str], open_page: Open
) -> None:
    """``instead``: what the page holds for values of the link that are foreign to it."""
    app = open_page(f"{SEEING}{page}.py", **state)
    assert not app.exception
    assert not app.error
    assert_restored(app, state, instead)


@pytest.mark.parametrize(
    ("page", "state", "sentence"),
    [
        (
            "convolution",
            {"rows": "3", "cols": "3", "size": "7"},
            "A 7×7 kernel does not fit in a 3×3 image without padding. Use padding 2 or more",
        ),
        ("convolution", {"dilation": "6"}, "it reaches over 13 pixels with dilation 6"),
        ("convolution", {"padding": "6", "mode": "reflect"}, "Padding 6 is too much for 'reflect'"),
        ("pooling", {"window": "6"}, "A 6×6 window does not fit in a 4×4 image"),
        ("pooling", {"padding": "3"}, "Padding 3 is more than half of the 2×2 window"),
        ("convolutional_layer", {"plain_groups": "2"}, "cannot be shared between 2 groups"),
    ],
)
def test_what_does_not_fit_is_explained_and_the_numbers_stay(
    page: str, state: dict[str, str], sentence: str, open_page: Open
) -> None:
    app = open_page(f"{SEEING}{page}.py", **state)
    assert not app.exception
    assert sentence in app.error[0].value
    key, value = next(iter(state.items()))
    assert app.number_input(key=key).value == int(value)


def test_the_output_size_formula_has_the_numbers_of_the_page(open_page: Open) -> None:
    app = open_page(f"{SEEING}convolution.py", rows="7", cols="7", stride="2", padding="1")
    assert any(
        r"\frac{7 + 2\cdot 1 - 1\cdot(3-1) - 1}{2}" in element.value and "= 4" in element.value
        for element in app.markdown
    )


def test_the_target_map_follows_the_geometry_until_numbers_are_typed(open_page: Open) -> None:
    app = open_page(f"{SEEING}convolution.py")
    before = words(app)
    assert "L = 78" in before
    app.number_input(key="stride").set_value(2).run()
    assert "target" not in app.query_params
    # The maps of both kernels at the corners: (4 − −2)², (4 − 2)², (2 − −3)², (4 − 2)²; half of their sum.
    assert "L = 34.5" in words(app)
    app.number_input(key="stride").set_value(1).run()
    assert words(app) == before


def test_gradient_steps_on_the_page_let_the_loss_fall(open_page: Open) -> None:
    app = open_page(f"{SEEING}convolution.py")
    before = words(app)
    assert "L = 78" in before
    app.button(key="hundred").click().run()
    after = words(app)
    loss = float(after.split("**L = ")[1].split("**")[0])
    assert loss < 0.8
    app.button(key="again").click().run()
    assert "L = 78" in words(app)


def test_the_convolutional_layer_has_the_lectures_numbers(open_page: Open) -> None:
    app = open_page(f"{SEEING}convolutional_layer.py")
    assert "**456** parameters" in words(app)
    assert "**14,455,392**" in words(app)


def test_tanh_is_checked_on_the_screen(open_page: Open) -> None:
    text = words(open_page(f"{SEEING}activations.py"))
    assert float(text.split("is at most **")[1].split("**")[0]) < 1e-12
    assert 1e-4 < float(text.split("differ by at most **")[1].split("**")[0]) < 1e-3


def test_softmax_adds_up_to_one(open_page: Open) -> None:
    assert "**1.000000**" in words(open_page(f"{SEEING}fully_connected.py", temperature="2.5", move="3"))


def test_every_mask_is_another_and_in_use_there_is_none(open_page: Open) -> None:
    def drawn(app: AppTest) -> str:
        """The picture of the network, with its units switched on and off."""
        return str(app.get("image")[0].proto.imgs[0].url)

    app = open_page(f"{SEEING}dropout.py", p="0.5")
    by_step = {1: drawn(app)}
    for step in (2, 3):
        app.button(key="next").click().run()
        assert held(app, "step_number") == str(step)
        by_step[step] = drawn(app)
    assert len(set(by_step.values())) == 3
    for step, picture in by_step.items():
        assert drawn(open_page(f"{SEEING}dropout.py", p="0.5", step_number=str(step))) == picture
    in_use = [open_page(f"{SEEING}dropout.py", p="0.5", mode="use", step_number=str(step)) for step in (1, 2)]
    assert drawn(in_use[0]) == drawn(in_use[1])
    assert drawn(in_use[0]) not in by_step.values()
    for app in in_use:
        assert "All units stay" in words(app)
        assert app.get("image")[0].proto.imgs[0].alt.endswith("6 and 6 of the 6 hidden units stay")


@pytest.mark.parametrize(
    "page",
    [
        "image_as_numbers",
        "convolution",
        "kernels",
        "convolutional_layer",
        "activations",
        "pooling",
        "dropout",
        "fully_connected",
    ],
)
def test_every_page_links_into_a_trained_network(page: str, open_page: Open) -> None:
    links = [
        link.proto
        for link in open_page(f"{SEEING}{page}.py").get("page_link")
        if link.proto.icon == ":material/search:"
    ]
    assert len(links) == 1
    assert "layer=" in links[0].query_string


@pytest.mark.parametrize("name", ["evaluation", "use"])
def test_the_mode_of_dropout_is_called_evaluation_and_old_links_work(name: str, open_page: Open) -> None:
    app = open_page(f"{SEEING}dropout.py", mode=name)
    assert "All units stay" in words(app)
    assert app.session_state["mode"] == "evaluation"
    assert app.query_params["mode"] == "evaluation"
