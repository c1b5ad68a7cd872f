"""Measures this machine and writes ``assets/compute/server_cpu.json``, what the page "Compute" shows first.

    python -m tools.measure_compute "2 cores of a server CPU"

Each piece of work waits until other programs leave the processor alone, and of some rounds its fastest time is kept:
others only make it slower.
"""

import sys
from dataclasses import replace
from datetime import UTC, datetime

import psutil
import torch

from cnnviz.inspection.compute import FOLDER, Record, measure, share_of_peak, write_record

ROUNDS = 3
BUSY_PERCENT = 6.0


def wait(share: float) -> None:
    """Until the processor has been idle for a second."""
    while psutil.cpu_percent(1.0) > BUSY_PERCENT:
        pass
    print(f"{share:.0%}", flush=True)


def main(words: str) -> None:
    found = tuple(
        replace(same[0], seconds=float(f"{min(one.seconds for one in same):.4g}"))
        for same in zip(*(measure(wait) for _ in range(ROUNDS)), strict=True)
    )
    for one in found:
        share = share_of_peak(one, found)
        print(f"{one.device} {one.title}: {one.gflops:.3g} GFLOP/s, {share:.0%}, {one.images_per_second:.4g}")
    today = datetime.now(UTC).date().isoformat()
    write_record(Record(words, today, torch.__version__, found), FOLDER / "server_cpu.json")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "2 cores of a server CPU")
