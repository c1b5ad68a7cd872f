import contextlib
import io
import re

import pytest

from cnnviz.data import load
from cnnviz.features import fgsm
from cnnviz.training import trained
from cnnviz.training.recorded import recorded
from cnnviz.training.tricks import TRICKS
from cnnviz.ui.states.training_tricks import VIEW_TITLES
from cnnviz.ui.trick_views import NETWORK, VIEWS
from tests.pages.conftest import Open, at_rest, until, words

PAGE = "pages/learning/training_tricks.py"


@pytest.mark.parametrize("name", list(TRICKS))
def test_each_trick_says_what_to_expect_and_shows_its_numbers(name: str, open_page: Open) -> None:
    app = open_page(PAGE, trick=name)
    assert not app.exception
    assert not app.error
    said = words(app)
    assert TRICKS[name].question in said
    assert f"**What to expect.** {TRICKS[name].expect}" in app.info[0].value
    for one in recorded(name):
        assert f"**{one.accuracy.mean:.1%}**" in said
    assert "Best on the test images" in said


@pytest.mark.parametrize("name", list(VIEWS))
def test_what_needs_no_training_shows_its_numbers_and_its_code_gives_them(name: str, open_page: Open) -> None:
    app = until(open_page(PAGE, trick=name), at_rest)
    assert not app.exception
    assert not app.error
    assert VIEWS[name].question in words(app)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(app.code[0].value, "snippet", "exec"), {})
    said = words(app)
    if name == "fgsm":
        test = load("fashion", "test")
        found = fgsm(trained(NETWORK, "fashion"), test.floats(slice(0, 1)), test.labels[:1], 0.1)
        lines = [f"{test.classes[one.argmax()]} {one.max():.0%}" for one in (found.before[0], found.after[0])]
        assert printed.getvalue().splitlines() == lines
        return
    numbers = re.findall(r"\d+\.\d%", printed.getvalue()) or [f"{float(printed.getvalue()[7:-2]):.3f}"]
    assert numbers
    for number in numbers[:2]:
        assert number in said


def test_every_view_has_a_title() -> None:
    assert list(VIEWS) == list(VIEW_TITLES)


def test_more_masks_come_nearer_to_gelu(open_page: Open) -> None:
    def distance(draws: int) -> float:
        found = re.search(
            r"lies within (\d\.\d+) of GELU", words(open_page(PAGE, trick="gelu", draws=str(draws)))
        )
        assert found
        return float(found[1])

    assert distance(2000) < 0.3 * distance(5)


def test_a_larger_ensemble_is_better(open_page: Open) -> None:
    def accuracies(members: int) -> list[float]:
        said = words(open_page(PAGE, trick="ensemble", members=str(members)))
        return [float(number) for number in re.findall(r"\*\*(\d+\.\d)%\*\*", said)[:2]]

    one, ten = accuracies(1), accuracies(10)
    assert ten[0] > one[0]
    assert ten[1] > one[1]


def test_one_trains_it_oneself_and_reads_the_result(open_page: Open) -> None:
    app = open_page(PAGE, trick="initialisation", runs="4,5", epochs="1", seeds="1")
    app.button(key="race_start").click().run(timeout=60)
    assert not app.exception
    until(app, lambda app: "One seed cannot tell" in words(app))
    said = words(app)
    assert "| Xavier |" in said
    assert "| He |" in said
