"""Runs a minute by a Ray cluster on this machine against the local launcher, in turns: the same runs, two at a time."""

import os
import tempfile
import time

from cnnviz.settings import settings
from cnnviz.training import TrainingSpec, launcher, start_all

SPEC = TrainingSpec("mnist", "fast", 2)
RUNS, TURNS, WANTED = 8, 3, 0.9


def seconds() -> float:
    begun = time.perf_counter()
    for run in start_all([SPEC] * RUNS):
        assert run.wait(600) == "finished", run.message
    return time.perf_counter() - begun


def main() -> None:
    from ray.cluster_utils import Cluster

    cluster = Cluster(
        initialize_head=True, head_node_args={"num_cpus": settings().workers, "include_dashboard": False}
    )
    homes = {"local": "", "ray": cluster.address}
    with tempfile.TemporaryDirectory() as place:

        def use(kind: str) -> None:
            os.environ["CNNVIZ_HOME"] = f"{place}/{kind}"
            os.environ["CNNVIZ_CLUSTER"] = homes[kind]

        try:
            for kind in homes:
                use(kind)
                seconds()  # all processes are warm
            for _ in range(TURNS):
                found = {}
                for kind in homes:
                    use(kind)
                    found[kind] = seconds()
                print(
                    f"{RUNS} runs: {found['local']:.1f} s local, {found['ray']:.1f} s with Ray: "
                    f"{found['local'] / found['ray']:.2f} of the local launcher's throughput (wanted: {WANTED})",
                    flush=True,
                )
        finally:
            for kind in homes:
                use(kind)
                launcher.shut_down(settings().runs)
            cluster.shutdown()


if __name__ == "__main__":
    main()
