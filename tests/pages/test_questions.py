"""What pages say to a newcomer's questions, in words and numbers; the tasks themselves are in
``tests/browser/test_tasks.py``.
"""

import re

import pytest

from tests.pages.conftest import Open, at_rest, until, words


def said(open_page: Open, page: str, **parameters: str) -> str:
    app = until(open_page(page, **parameters), at_rest)
    assert not app.exception
    assert not app.error
    return words(app)


def test_the_gallery_names_the_strongest_kernels_in_each_language(open_page: Open) -> None:
    text = said(open_page, "pages/seeing/kernels.py", answers="horizontal", language="de")
    assert "antwortet **" in text
    assert "**gelernt " in text


def test_the_gallery_names_the_strongest_kernels(open_page: Open) -> None:
    text = said(open_page, "pages/seeing/kernels.py", answers="horizontal")
    assert "**Sobel y** answers most; of the learned ones, **learned 1**" in text


def test_each_class_is_measured_without_each_channel(open_page: Open) -> None:
    text = said(open_page, "pages/inside/ablation.py", layer="relu1")
    assert "without channel 1, 10% of the images of class 2 are right; with all channels, 97%" in text


def test_a_7_that_was_called_a_1_has_its_sums_and_the_pixels_that_would_change_it(open_page: Open) -> None:
    text = said(open_page, "pages/inside/mistakes.py", view="cell", true="7", predicted="1")
    assert "sum for **1** is 3.09, for **7** 1.92: **1.17** more" in text
    assert "Which few pixels would make it 7?" in text


def test_images_that_all_move_lose_less_with_pooling(open_page: Open) -> None:
    text = said(open_page, "pages/seeing/pooling.py")
    rows = re.findall(r"^\| (\d) \| ([\d.]+)% \| ([\d.]+)% \|$", text, re.MULTILINE)
    assert [row[0] for row in rows] == ["0", "1", "2", "3", "4", "6"]
    assert all(float(pooled) > float(strided) for _, pooled, strided in rows)


def test_the_layers_in_which_a_gradient_vanishes_are_named(open_page: Open) -> None:
    text = said(open_page, "pages/seeing/activations.py", functions="sigmoid,relu", init="xavier")
    assert re.search(
        r"\*\*Sigmoid\*\*: \S+e-\d+ of .*vanishes \(below a thousandth\) in layers 1 to 1\d\.", text
    )


def test_the_layers_with_most_parameters_are_named(open_page: Open) -> None:
    text = said(open_page, "pages/wild/architectures.py", architecture="alexnet")
    assert f"{9216 * 4096 + 4096:,} (61.8%)" in text


def test_without_seeds_nobody_can_say_that_dropout_helps(open_page: Open) -> None:
    assert "One seed cannot tell whether that is chance" in said(open_page, "pages/seeing/dropout.py")


@pytest.mark.parametrize(
    ("goal", "sentence"),
    [("98.0", "needs the fewest parameters for 98%: **4,330**"), ("99.5", "reaches 99.5% yet")],
)
def test_the_smallest_network_that_reaches_a_goal_is_named(open_page: Open, goal: str, sentence: str) -> None:
    assert sentence in said(open_page, "pages/learning/runs.py", goal=goal)


def test_the_playground_s_address_keeps_the_experiment_of_a_link(open_page: Open) -> None:
    app = open_page("pages/learning/playground.py", dataset="spiral", seed="2")
    assert app.query_params["dataset"] == "spiral"
    assert app.query_params["seed"] == "2"
