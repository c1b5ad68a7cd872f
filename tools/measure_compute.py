"""Measures this machine and writes ``assets/compute/server_cpu.json``, what the page "Compute" shows first.

    python -m tools.measure_compute "2 cores of a server CPU"

Other programs should do little meanwhile; of some rounds the fastest time of each piece of work is kept.
"""

import sys
from dataclasses import replace
from datetime import UTC, datetime

import torch

from cnnviz.inspection.compute import FOLDER, Record, measure, share_of_peak, write_record

ROUNDS = 4
SECONDS = 1.0


def main(words: str) -> None:
    rounds = [measure(lambda share: print(f"{share:.0%}", flush=True), SECONDS) for _ in range(ROUNDS)]
    found = tuple(
        replace(same[0], seconds=float(f"{min(one.seconds for one in same):.4g}"))
        for same in zip(*rounds, strict=True)
    )
    for one in found:
        share = share_of_peak(one, found)
        print(f"{one.device} {one.title}: {one.gflops:.3g} GFLOP/s, {share:.0%}, {one.images_per_second:.4g}")
    today = datetime.now(UTC).date().isoformat()
    write_record(Record(words, today, torch.__version__, found), FOLDER / "server_cpu.json")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "2 cores of a server CPU")
