"""What is said in another language: sentences with values, numbers, errors, and catalogues that do not fit."""

import json
import pickle
from pathlib import Path

import pytest

from cnnviz.errors import CnnvizError
from cnnviz.words import (
    Catalogue,
    Sentence,
    _,
    from_json,
    in_language,
    language,
    many,
    one_after_another,
    read_catalogue,
    said_in,
    said_of,
    say,
    say_many,
    sentence_of,
    to_json,
)

PO = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Language: de\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "digit"
msgstr "Ziffer"

msgid "{count:,} images of {name}"
msgstr "{name}: {count:,} Bilder"

msgid "{name} is wrong."
msgstr "{nam} ist falsch."

msgid "{name} is damaged."
msgstr "{name ist beschädigt."

#, fuzzy
msgid "unsure"
msgstr "unsicher"

msgid "{count} file of {name}"
msgid_plural "{count} files of {name}"
msgstr[0] "{count} Datei von {name}"
msgstr[1] "{count} Dateien von {name}"
"""


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    file = tmp_path / "de" / "LC_MESSAGES" / "cnnviz.po"
    file.parent.mkdir(parents=True)
    file.write_text(PO, encoding="utf-8")
    made = read_catalogue("de", tmp_path)
    monkeypatch.setattr("cnnviz.words._catalogues", {"de": made})
    return made


@pytest.mark.usefixtures("german")
def test_a_sentence_remembers_what_it_says() -> None:
    sentence = say("{count:,} images of {name}", count=1200, name=say("digit"))
    assert sentence == "1,200 images of digit"
    assert said_in("de", sentence) == "Ziffer: 1\N{NARROW NO-BREAK SPACE}200 Bilder"
    assert _(CnnvizError(sentence)) == sentence
    with in_language("de"):
        assert _(CnnvizError(sentence)) == "Ziffer: 1\N{NARROW NO-BREAK SPACE}200 Bilder"
        assert str(CnnvizError(sentence)) == "1,200 images of digit"
    again = pickle.loads(pickle.dumps(sentence))
    assert isinstance(again, Sentence)
    assert said_in("de", again) == said_in("de", sentence)


@pytest.mark.usefixtures("german")
def test_an_error_inside_a_sentence_is_said_in_the_language_too() -> None:
    error = CnnvizError(say("{count:,} images of {name}", count=2, name="x"))
    assert sentence_of(CnnvizError("digit")) == "digit"
    outer = sentence_of(CnnvizError(said_of("conv1", error)))
    assert outer == "conv1: 2 images of x"
    assert said_in("de", outer) == "conv1: x: 2 Bilder"
    assert said_in("de", said_of("conv1", CnnvizError("digit"))) == "conv1: Ziffer"
    # What the system says is nobody's sentence: it stays.
    assert sentence_of(OSError(28, "No space left on device")) == "[Errno 28] No space left on device"


@pytest.mark.usefixtures("german")
def test_sentences_one_after_another() -> None:
    first, second = say("{count:,} images of {name}", count=1200, name="x"), say("digit")
    both = one_after_another(first, "", second)
    assert both == "1,200 images of x digit"
    assert said_in("de", both) == "x: 1\N{NARROW NO-BREAK SPACE}200 Bilder Ziffer"
    assert one_after_another("", second, "") is second
    assert one_after_another("", "") == ""


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize(
    "sentence",
    [
        say("{count:,} images of {name}", count=1200, name=say("digit")),
        say_many("{count} file of {name}", "{count} files of {name}", 1, name="x"),
        say("nobody knows {name}", name=(1, 28, 28)),
        say("braces {stay}"),
        one_after_another(say("digit"), "of mine", say("{name} is wrong.", name="x")),
        sentence_of(CnnvizError(said_of("conv1", CnnvizError(say("digit"))))),
        "plain",
        "",
    ],
)
def test_a_file_keeps_a_sentence(sentence: str) -> None:
    kept = json.loads(json.dumps(to_json(sentence)))
    again = from_json(kept, str(sentence))
    assert again == sentence
    assert said_in("de", again) == said_in("de", sentence)


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize(
    "kept",
    [
        None,
        3,
        {},
        [],
        {"key": "{a}", "values": {}, "one": None},
        {"key": "{a.b}", "values": {"a": 1}, "one": None},
        {"key": "{count:,.3q}", "values": {"count": 1}, "one": None},
        {"key": "{", "values": {"a": 1}, "one": None},
        {"key": "another sentence", "values": {}, "one": None},
        {"key": "digit", "values": 3, "one": None},
        {"key": ["digit"], "values": {}, "one": None},
        {"key": "digit", "values": {}, "one": "digit"},
    ],
)
def test_what_a_file_holds_besides_is_not_said(kept: object) -> None:
    assert from_json(kept, "digit") == "digit"
    assert not isinstance(from_json(kept, "digit"), Sentence)


@pytest.mark.usefixtures("german")
def test_one_and_many() -> None:
    assert many("{count} file of {name}", "{count} files of {name}", 1, name="x") == "1 file of x"
    assert many("{count} file of {name}", "{count} files of {name}", 2, name="x") == "2 files of x"
    with in_language("de"):
        assert many("{count} file of {name}", "{count} files of {name}", 1, name="x") == "1 Datei von x"
        assert many("{count} file of {name}", "{count} files of {name}", 0, name="x") == "0 Dateien von x"
        assert many("{count} day", "{count} days", 1) == "1 day"
        assert (
            _(say_many("{count} file of {name}", "{count} files of {name}", 3, name="x")) == "3 Dateien von x"
        )


@pytest.mark.usefixtures("german")
def test_a_catalogue_that_does_not_fit_falls_back_to_english() -> None:
    with in_language("de"):
        assert _("{name} is wrong.", name="x") == "x is wrong."
        assert _("{name} is damaged.", name="x") == "x is damaged."
        assert _("unsure") == "unsure"
        assert _("nobody knows {name}", name="x") == "nobody knows x"
        # What a value holds is not read again.
        assert (
            _("{count:,} images of {name}", count=1, name="{count.__class__}")
            == "{count.__class__}: 1 Bilder"
        )
    with in_language("fr"):
        assert _("digit") == "digit"


def test_whoever_says_nothing_reads_english() -> None:
    assert language() == "en"
    assert _("{a} and {{b}}", a=1) == "1 and {b}"
    assert _("braces {stay}") == "braces {stay}"
