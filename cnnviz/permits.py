"""Who has entered the class password or the owner's key: browsers, known by the hash of their own secret.

A permit is a small file below the home folder, so all web processes of a server and the launcher know of it. It is signed
with the password: another password makes it void.
"""

import hashlib
import hmac
import json
import re
import secrets
import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Literal

from cnnviz.errors import CnnvizError
from cnnviz.settings import settings
from cnnviz.words import say

Kind = Literal["class", "owner"]
DAYS: dict[Kind, float] = {"class": 200.0, "owner": 1.0}
"""So long a permit holds: a term, a day."""
MOST_WRONG = 30
"""Wrong passwords from one address within a minute; a whole class may sit behind one."""
WINDOW_SECONDS = 60.0
_wrong: dict[str, deque[float]] = {}
_lock = threading.Lock()


def hash_of(browser: str | None) -> str:
    """What is kept of a browser's secret; empty for no browser."""
    return hashlib.sha256(browser.encode()).hexdigest() if browser else ""


def password_of(kind: Kind) -> str:
    limits = settings()
    return limits.class_password if kind == "class" else limits.owner_key


def enter(kind: Kind, browser: str, password: str, address: str = "") -> bool:
    """Whether the password is right; then the browser has its permit.

    Args:
        browser: the hash of its secret.
        address: where the attempt comes from; too many wrong ones from there have to wait.

    Raises:
        CnnvizError: too many wrong ones.
    """
    with _lock:
        now = time.monotonic()
        for one in [one for one, times in _wrong.items() if now - times[-1] > WINDOW_SECONDS]:
            del _wrong[one]
        before = _wrong.get(address, deque())
        while before and now - before[0] > WINDOW_SECONDS:
            before.popleft()
        if len(before) >= MOST_WRONG:
            wait = max(1, round(WINDOW_SECONDS - (now - before[0])))
            raise CnnvizError(
                say(
                    "There were too many wrong passwords from your network. Wait {seconds} seconds, then try again.",
                    seconds=wait,
                )
            )
        right = password_of(kind)
        # Hashes, so that not even the length is told by the time that it takes.
        same = hmac.compare_digest(
            *(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in (password, right))
        )
        if not right or not same or not browser:
            before.append(now)
            _wrong[address] = before
            return False
    _grant(kind, browser)
    return True


def holds(kind: Kind, browser: str) -> bool:
    """Whether this browser (the hash of its secret) has a permit that is still good."""
    if not password_of(kind) or not re.fullmatch("[0-9a-f]{64}", browser):
        return False
    with suppress(OSError, ValueError, KeyError, TypeError):
        about = json.loads(_file(kind, browser).read_text(encoding="utf-8"))
        until = float(about["until"])
        return time.time() < until and hmac.compare_digest(
            str(about["signed"]), _signed(kind, browser, until)
        )
    return False


def withdraw(kind: Kind, browser: str) -> None:
    """The browser has to enter the password again."""
    _file(kind, browser).unlink(missing_ok=True)


def _grant(kind: Kind, browser: str) -> None:
    until = round(time.time() + DAYS[kind] * 86400, 3)
    file = _file(kind, browser)
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = file.with_suffix(f".{secrets.token_hex(4)}")
        draft.write_text(
            json.dumps({"until": until, "signed": _signed(kind, browser, until)}), encoding="utf-8"
        )
        draft.replace(file)
    except OSError as error:
        raise CnnvizError(
            say(
                "The server cannot note that you have entered the password: {why}. Tell whoever runs it.",
                why=error.strerror,
            )
        ) from None


def _file(kind: Kind, browser: str) -> Path:
    return settings().home / "permits" / kind / f"{browser}.json"


def _signed(kind: Kind, browser: str, until: float) -> str:
    return hmac.new(password_of(kind).encode(), f"{kind} {browser} {until}".encode(), "sha256").hexdigest()
