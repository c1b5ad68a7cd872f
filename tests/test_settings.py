"""Settings from the environment, and from the file of a server's owner."""

from pathlib import Path

import pytest

from cnnviz.errors import CnnvizError
from cnnviz.settings import settings


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "owner.toml"
    monkeypatch.setenv("CNNVIZ_SETTINGS", str(path))
    return path


def test_a_file_sets_what_the_environment_does_not(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(
        'max_runs = 7\nmax_browser_seconds = 2.5\nclass_password = "Faltung"\nhome = "/srv/home"\n',
        encoding="utf-8",
    )
    monkeypatch.delenv("CNNVIZ_HOME")
    monkeypatch.setenv("CNNVIZ_MAX_RUNS", "9")
    found = settings()
    assert (found.max_runs, found.max_browser_seconds, found.class_password) == (9, 2.5, "Faltung")
    assert found.home == Path("/srv/home")
    assert found.who_trains == "everyone"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("max_run = 1", "names 'max_run', which is no setting"),
        ("max_runs: 1", "cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(file: Path, text: str | None, sentence: str) -> None:
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(CnnvizError, match=sentence):
        settings()
