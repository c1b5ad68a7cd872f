"""The page "Gradient descent"."""

import pytest

from cnnviz.learning import RULES, SURFACES, descend
from cnnviz.learning.surfaces import descent_code
from tests.pages.conftest import Open, words

PAGE = "pages/learning/gradient_descent.py"


@pytest.mark.parametrize("surface", list(SURFACES))
def test_every_loss_opens_with_its_updates_and_its_code(surface: str, open_page: Open) -> None:
    app = open_page(PAGE, surface=surface)
    assert not app.exception
    assert not app.error
    entry = SURFACES[surface]
    found = descend(surface, "sgd", steps=10)
    said = words(app)
    assert entry.see in said
    step = found.steps[2]
    assert "| 3 | " + ", ".join(f"{value:.5g}" for value in step.weights) in said
    assert app.code[0].value == descent_code(surface, "sgd", entry.start, entry.rate, 10)
    assert "Fewest updates: SGD" in said


@pytest.mark.parametrize("rule", list(RULES))
def test_the_first_rule_s_memory_is_in_the_table(rule: str, open_page: Open) -> None:
    app = open_page(PAGE, surface="valley", rules=rule, rate="0.02", steps="3")
    found = descend("valley", rule, rate=0.02, steps=3)
    for values in found.steps[-1].memory.values():
        assert ", ".join(f"{value:.5g}" for value in values) in words(app)


def test_a_rate_that_diverges_and_links_that_do_not_fit_are_said_or_left(open_page: Open) -> None:
    app = open_page(PAGE, surface="parabola", rate="9", rules="sgd", steps="100")
    assert not app.exception
    assert "left for infinity" in words(app)
    app = open_page(PAGE, surface="bowl", begin="1e400,nan", batch="7")
    assert not app.exception
    assert "| 1 | -3.5, 2 |" in words(app)
    app = open_page(PAGE, surface="bowl", begin="1,-1")
    assert "| 1 | 1, -1 |" in words(app)


def test_the_noise_of_a_batch_falls(open_page: Open) -> None:
    app = open_page(PAGE)
    rows = [line for line in words(app).splitlines() if line.startswith(("| 1 | ", "| 24 | "))]
    assert float(rows[-2].split("|")[2]) > 10
    assert float(rows[-1].split("|")[2]) == 0
