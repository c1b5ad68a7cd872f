"""A machine without a way to the internet."""

import pytest


def no_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """All downloads of this process end at a closed door, for the length of the test."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    # A process keeps the way that it took first; without this, all later tests would end at that door as well.
    monkeypatch.setattr("urllib.request._opener", None)
