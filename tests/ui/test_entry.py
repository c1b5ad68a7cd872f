"""Where an attempt to enter comes from."""

from types import SimpleNamespace

import pytest

from cnnviz.ui import entry


@pytest.mark.parametrize(
    ("direct", "told", "found"),
    [
        ("10.0.0.7", None, "10.0.0.7"),
        ("10.0.0.7", "1.2.3.4", "10.0.0.7"),
        ("127.0.0.1", "10.0.0.7", "10.0.0.7"),
        ("127.0.0.1", "1.2.3.4, 10.0.0.7", "10.0.0.7"),
        ("127.0.0.1", None, "127.0.0.1"),
        (None, None, "127.0.0.1"),
    ],
)
def test_only_a_proxy_of_this_machine_is_believed_and_only_its_own_word(
    direct: str | None, told: str | None, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {"X-Forwarded-For": told} if told else {}
    monkeypatch.setattr(entry.st, "context", SimpleNamespace(ip_address=direct, headers=headers))
    assert entry.came_from() == found
