"""What is measured of a machine, not how long it takes."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from cnnviz.errors import CnnvizError
from cnnviz.inspection import compute
from cnnviz.inspection.compute import (
    Machine,
    Measurement,
    Record,
    bundled_record,
    machine,
    measure,
    measure_apart,
    peak,
    share_of_peak,
    works,
    write_record,
)


@pytest.mark.parametrize("work", works(), ids=lambda work: work.title)
def test_multiply_adds_are_those_that_torch_counts(work: compute.Work) -> None:
    turn = work.prepare(torch.device("cpu"))
    with FlopCounterMode(display=False) as counted:
        turn()
    # Torch counts a multiply-add as two; backward is two or three times the forward pass.
    flops = counted.get_total_flops()
    if work.kind == "training":
        assert 2 * 2 * work.multiply_adds < flops <= 3 * 2 * work.multiply_adds
    else:
        assert flops == pytest.approx(2 * work.multiply_adds, rel=0.001)


def test_each_work_is_measured_once_a_device() -> None:
    shares: list[float] = []
    state = torch.get_rng_state()
    found = measure(shares.append, seconds=0.0)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.is_grad_enabled()
    devices = ["CPU", "GPU"] if torch.accelerator.is_available() else ["CPU"]
    assert [(one.title, one.device) for one in found] == [
        (work.title, device) for device in devices for work in works()
    ]
    assert all(one.seconds > 0 for one in found)
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


def test_speeds_and_shares_follow_from_the_seconds() -> None:
    product = Measurement("product", "product", "CPU", 0.5, 0, 10**9)
    slower = replace(product, seconds=1.0)
    convolution = Measurement("convolution", "convolution", "CPU", 0.25, 8, 10**8)
    other = replace(product, device="GPU", seconds=0.01)
    found = (product, slower, convolution, other)
    assert product.gflops == 4.0
    assert convolution.images_per_second == 32.0
    assert peak(found, "CPU") == 4.0
    assert share_of_peak(convolution, found) == pytest.approx(0.2)
    with pytest.raises(ValueError):
        peak((convolution,), "CPU")


def test_the_machine_is_this_one() -> None:
    about = machine()
    assert about.packages["torch"] == torch.__version__
    assert about.threads == torch.get_num_threads()
    assert about.memory == psutil.virtual_memory().total
    assert 1 <= about.cores <= (psutil.cpu_count() or 1)
    assert about.cpu
    assert (about.gpu is None) == (not torch.accelerator.is_available())


def test_a_package_that_is_missing_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "PACKAGES", ("torch", "no-such-package"))
    assert machine().packages["no-such-package"] is None


def test_a_gpu_is_named_with_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    class Properties:
        name, total_memory = "Tesla T4", 16 * 2**30

    monkeypatch.setattr(compute, "accelerator", lambda: torch.device("cuda"))
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: Properties)
    about: Machine = machine()
    assert (about.gpu, about.gpu_memory) == ("Tesla T4", 16 * 2**30)


def test_the_bundled_record_has_all_that_is_measured_today() -> None:
    record = bundled_record()
    assert [(one.title, one.kind, one.images, one.multiply_adds) for one in record.measurements] == [
        (work.title, work.kind, work.images, work.multiply_adds) for work in works()
    ]
    assert "core" in record.machine


def test_a_record_is_read_as_it_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "FOLDER", tmp_path)
    record = Record("two cores", "2026-11-27", "2.13", (Measurement("a", "product", "CPU", 0.5, 0, 3),))
    write_record(record, tmp_path / "server_cpu.json")
    assert bundled_record() == record


def test_a_process_of_its_own_measures_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "SECONDS", 0.0)
    shares: list[float] = []
    found = measure_apart(shares.append)
    assert {(one.title, one.multiply_adds) for one in found} == {
        (work.title, work.multiply_adds) for work in works()
    }
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_a_cancelled_measurement_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "SECONDS", 60.0)

    def stop(_share: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        measure_apart(stop)
    assert not [child for child in psutil.Process().children() if "main(60.0)" in " ".join(child.cmdline())]


def test_a_measurement_whose_asker_is_gone_ends_without_a_word() -> None:
    command = [sys.executable, "-c", "from cnnviz.inspection.compute import main; main(0.0)"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""


def test_a_process_that_ends_early_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "SECONDS", "no number")
    with pytest.raises(CnnvizError, match="The measurement ended early"):
        measure_apart()
