"""Whether tests pass each time, also on a machine that has much else to do: some rounds of the same tests, with every core kept busy
by a process beside them.

``python -m tools.rounds [rounds] [--quiet] [test ...]``: the tests of the browser ten times, if nothing is said; ``--quiet`` leaves the
cores to them.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

BUSY = "while True: pass"


@contextmanager
def busy_cores(count: int) -> Iterator[None]:
    """As many processes that do nothing, and never stop."""
    processes = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def one_round(tests: list[str]) -> tuple[list[str], str]:
    """The tests that failed, and how many did what."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-rfE",
        "--tb=short",
        "--durations=0",
        "--durations-min=60",
        *tests,
    ]
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = done.stdout
    failed = re.findall(r"^(?:FAILED|ERROR) (\S+)", output, re.MULTILINE)
    if done.returncode and not failed:
        failed = ["pytest itself"]
    if failed:
        print(output)
    return failed, (
        re.findall(r"^.*\b(?:passed|failed)\b.* in .*$", output, re.MULTILINE) or ["nothing ran"]
    )[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rounds", nargs="?", type=int, default=10)
    parser.add_argument("--quiet", action="store_true")
    options, tests = parser.parse_known_args()
    failures: Counter[str] = Counter()
    with busy_cores(0 if options.quiet else os.cpu_count() or 1):
        for number in range(options.rounds):
            began = time.monotonic()
            failed, last = one_round(tests or ["tests/browser"])
            failures.update(failed)
            print(f"round {number + 1}: {last} ({time.monotonic() - began:.0f} s)", flush=True)
    for test, count in failures.most_common():
        print(f"{test}: {count} of {options.rounds}")
    print(f"{options.rounds} rounds, {len(failures)} tests that failed at least once")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
