"""Sentences that remember their key and values."""

import pickle

from cnnviz.errors import CnnvizError
from cnnviz.words import _, say


def test_a_sentence_reads_in_english_and_remembers_its_key_and_values():
    sentence = say("{count} images of {name}", count=3, name="cats")
    assert sentence == "3 images of cats"
    assert (sentence.key, sentence.values) == ("{count} images of {name}", {"count": 3, "name": "cats"})


def test_a_sentence_without_values_may_hold_braces():
    assert say(r"\frac{1}{2}") == r"\frac{1}{2}"


def test_a_sentence_survives_the_way_into_another_process():
    sentence = pickle.loads(pickle.dumps(say("{count} images", count=3)))
    assert (str(sentence), sentence.key, sentence.values) == ("3 images", "{count} images", {"count": 3})


def test_an_error_is_said_by_its_sentence():
    assert _(CnnvizError(say("{count} images", count=3))) == "3 images"
