"""What is said in another language: sentences with values, numbers, errors, and catalogues that do not fit."""

import pickle
from pathlib import Path

import pytest

from cnnviz.errors import CnnvizError
from cnnviz.words import (
    Catalogue,
    Sentence,
    _,
    in_language,
    language,
    many,
    read_catalogue,
    said_in,
    say,
    say_many,
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
