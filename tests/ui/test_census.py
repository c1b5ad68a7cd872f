"""The web processes of a server tell of themselves, and know of each other."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cnnviz.ui import census


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(census, "_folder", lambda: tmp_path / "web")


def runtime(sessions: int) -> Any:
    manager = SimpleNamespace(list_active_sessions=lambda: [object()] * sessions)
    return SimpleNamespace(_session_mgr=manager)


def test_all_of_a_server_are_counted_until_they_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    me = os.getpid()
    monkeypatch.setattr(census.os, "getpid", lambda: 7)
    census.tell(runtime(3))
    monkeypatch.setattr(census.os, "getpid", lambda: 8)
    census.tell(runtime(2))
    monkeypatch.setattr(census.os, "getpid", lambda: me)
    assert [(one.number, one.sessions) for one in census.all_processes()] == [(7, 3), (8, 2)]
    monkeypatch.setattr(census.os, "getpid", lambda: 8)
    census.leave()
    monkeypatch.setattr(census.os, "getpid", lambda: me)
    assert [one.number for one in census.all_processes()] == [7]


def test_one_that_was_killed_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    me = os.getpid()
    monkeypatch.setattr(census.os, "getpid", lambda: 7)
    census.tell(runtime(3))
    monkeypatch.setattr(census.os, "getpid", lambda: me)
    later = census.time.time() + census.OLD_SECONDS + 1
    monkeypatch.setattr(census.time, "time", lambda: later)
    assert census.all_processes() == []
