"""The page of volumes over its states, its numbers against the functions behind it."""

import pytest

from cnnviz.data.volumes import load_volumes
from cnnviz.tasks.volumes import VIEWS, classify_volumes, without_each_slice
from cnnviz.training.volumes import VolumeTraining, begin, next_epoch, trained_on_solids, volume_results
from tests.pages.conftest import Open, at_rest, until, words

PAGE = "pages/wild/volumes.py"


@pytest.mark.parametrize(
    "state",
    [
        {"axis": "rows", "kernel": "mean", "cut": "15", "number": "399"},
        {"axis": "columns", "kernel": "laplacian", "cut": "0", "network": "slices"},
        {"axis": "rows", "deep": "1", "kernel": "sobel_rows"},
    ],
)
def test_every_view(state: dict[str, str], open_page: Open) -> None:
    app = open_page(PAGE, **state)
    assert not app.exception
    assert not app.error
    assert "Solids are made by a rule, nobody measured them" in words(app)
    products = 9 if "deep" in state else 27
    assert f"a sum of **{products} products**" in words(app)


def test_the_results_are_the_bundled_ones(open_page: Open) -> None:
    said = words(open_page(PAGE))
    for one in volume_results(load_volumes(split="test")).values():
        spread = one.accuracy
        assert f"**{spread.mean:.1%}** ({spread.low:.1%} to {spread.high:.1%}) | {one.parameters:,} |" in said
    assert "| 3D convolutions | conv2 | 16×8×8×8 | 216 | 3,456 | 1,769,472 | 8×8×8 |" in said


@pytest.mark.parametrize("view", VIEWS)
def test_why_a_volume_was_called_so(view: str, open_page: Open) -> None:
    test = load_volumes(split="test")
    network, volume = trained_on_solids(view, test), test.floats([4])
    sure = classify_volumes(network, view, volume)[0]
    answer = int(sure.argmax())
    said = words(open_page(PAGE, number="4", network=view))
    assert f"The network says **{test.classes[answer]}** with {float(sure[answer]):.1%}" in said
    without = without_each_slice(network, view, volume[0])[:, answer]
    least = int(without.argmin())
    told = f"Most depends on slice **{least}**: without it the probability is {without[least]:.1%}"
    assert (told in said) == (float(without[least]) < float(sure[answer]) - 0.005)
    assert ("No slice alone changes" in said) != (told in said)
    assert "| cylinder |" in said


def test_a_kernel_of_one_slice_cannot_look_along_the_depth(open_page: Open) -> None:
    assert "nothing of this one is left" in words(open_page(PAGE, deep="1"))
    assert "nothing of this one is left" not in words(open_page(PAGE))


def test_a_set_that_is_not_here_is_said_once(open_page: Open) -> None:
    app = open_page(PAGE, dataset="organmnist3d")
    assert not app.exception
    assert [error.value for error in app.error] == [
        'The volumes of OrganMNIST3D: organs by CT are not on this machine. Download them on the page "Data sets".'
    ]


def test_the_button_trains_and_the_page_shows_the_new_networks(open_page: Open) -> None:
    app = open_page(PAGE, epochs="1", seed="3")
    app.button(key="train_volumes").click()
    app = until(app.run(), at_rest)
    assert not app.exception
    assert app.query_params["live"] in ("true", ["true"])
    train, test = load_volumes(), load_volumes(split="test")
    spec = VolumeTraining("slices", 1, 3)
    state = next_epoch(spec, begin(spec, train), train, test)
    assert f"| 2D, slices as channels | **{state.accuracy[0]:.1%}** |" in words(app)
    assert "next_epoch(spec, state, train, test)" in app.code[0].value
    app.number_input(key="epochs").set_value(2)
    app.run()
    assert "98.1%" in words(app)
