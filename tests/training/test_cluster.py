"""Ray as the launcher: a real cluster of two nodes on this machine."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import torch
from ray.cluster_utils import Cluster

from cnnviz.errors import CnnvizError
from cnnviz.training import Run, Trainer, TrainingSpec, launcher, start, start_all
from cnnviz.training.cluster import RayHands, shares
from cnnviz.training.folder import RunFolder

TINY = TrainingSpec("digits", "tiny", epochs=2)
LONG = TrainingSpec("digits", "tiny", epochs=400, schedule="constant", learning_rate=0.01)
PATIENCE = 180


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A head that trains nothing, and two nodes with one processor each."""
    os.environ["RAY_DISABLE_MEMORY_MONITOR"] = "1"
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    for _ in range(2):
        made.add_node(num_cpus=1)
    made.wait_for_nodes()
    yield made
    made.shutdown()


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As in a run's process: the sums of two threads differ in the last bits."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def on_ray(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))
    monkeypatch.setenv("CNNVIZ_CLUSTER", cluster.address)
    yield cluster
    launcher.shut_down(tmp_path / "runs")


def raylet_of(run: Run) -> psutil.Process:
    """The node that trains the run: the parent of its process."""
    process = psutil.Process(run.status.pid)
    return next(one for one in process.parents() if "raylet" in " ".join(one.cmdline()[:1]))


@pytest.mark.usefixtures("on_ray")
def test_runs_are_trained_by_the_cluster_side_by_side() -> None:
    made = start_all([TINY, TINY])
    assert [run.wait(PATIENCE) for run in made] == ["finished", "finished"]
    expected = Trainer(TINY)
    while not expected.done:
        expected.step()
    for run in made:
        network = run.network(run.steps[-1])
        assert torch.equal(network.conv1.weight, expected.network.conv1.weight)


@pytest.mark.usefixtures("on_ray")
def test_commands_reach_a_run_in_the_cluster() -> None:
    run = start(LONG)
    until(lambda: run.state == "running" and run.step_count > 0)
    assert raylet_of(run)
    run.pause(PATIENCE)
    held = run.step_count
    run.step(3, PATIENCE)
    assert run.step_count == held + 3
    run.resume(PATIENCE)
    run.stop(PATIENCE)
    assert run.state == "stopped"


def test_a_node_that_is_lost_in_mid_run_loses_nothing_but_the_steps_since_the_checkpoint(
    on_ray: Cluster,
) -> None:
    spec = TrainingSpec("mnist", "fast", epochs=6)
    run = start(spec)
    checkpoint = run.folder.path / "checkpoint.safetensors"
    until(lambda: run.state == "running" and checkpoint.exists())
    lost = raylet_of(run)
    first = run.status.pid
    node = next(one for one in on_ray.worker_nodes if one.all_processes["raylet"][0].process.pid == lost.pid)
    on_ray.remove_node(node, allow_graceful=False)
    until(lambda: run.status.pid not in (0, first) or run.state == "finished")
    assert run.wait(PATIENCE) == "finished"
    on_ray.add_node(num_cpus=1)
    on_ray.wait_for_nodes()
    expected = Trainer(spec)
    while not expected.done:
        expected.step()
    network = run.network(run.steps[-1])
    for ours, theirs in zip(network.parameters(), expected.network.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    steps = [metric.step for metric in run.metrics()]
    assert steps == sorted(set(steps))


def test_without_a_cluster_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_CLUSTER", "127.0.0.1:1")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(CnnvizError, match=r"requirements-cluster.txt"):
        launcher.launcher()


def test_a_run_asks_for_a_processor_a_thread_and_for_a_gpu_only_where_it_names_one(tmp_path: Path) -> None:
    from dataclasses import replace

    plain = RunFolder.create(tmp_path / "a", replace(TINY, threads=2), "")
    gpu = RunFolder.create(tmp_path / "b", replace(TINY, device="cuda"), "")
    assert shares(plain, 0.25) == (2.0, 0.0)
    assert shares(gpu, 0.25) == (1.0, 0.25)
    assert shares(RunFolder(tmp_path / "none"), 0.25) == (1.0, 0.0)


def test_the_hands_tell_how_many_places_the_cluster_has(on_ray: Cluster) -> None:
    hands = RayHands()
    try:
        assert hands.places == len(on_ray.worker_nodes)
    finally:
        hands.close()
