"""The property tests draw the same cases in ``make test``, and ten times as many new ones in ``make
fuzz``.
"""

import re
from pathlib import Path

from hypothesis import settings

from tests.properties import examples

TESTS = Path(__file__).resolve().parent


def test_the_cases_of_make_test_are_the_same_each_time() -> None:
    assert settings().derandomize
    assert examples(40).max_examples == 40
    assert examples(40).derandomize


def test_make_fuzz_draws_ten_times_as_many_new_cases() -> None:
    usual = settings.get_profile("test").max_examples
    try:
        settings.load_profile("fuzz")
        assert not examples(40).derandomize
        assert examples(40).max_examples == 400
        assert settings().max_examples == 10 * usual
    finally:
        settings.load_profile("test")


def test_every_property_test_takes_its_number_from_there() -> None:
    modules = [path for path in TESTS.rglob("test_*.py") if path.name != "test_properties.py"]
    explicit = [
        path.relative_to(TESTS).as_posix()
        for path in modules
        if re.search(r"settings\([^)]*max_examples", path.read_text())
    ]
    assert not explicit, "write @examples(40) for @settings(max_examples=40)"
