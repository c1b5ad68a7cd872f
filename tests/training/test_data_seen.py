"""Runs know which images they learned from, and say so when these were replaced."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cnnviz.data import bring, load
from cnnviz.training import Run, TrainingSpec, open_run, start
from cnnviz.training.data_seen import DataSeen, data_digest, seen_from
from cnnviz.training.folder import Command
from tests.training.test_commands import _home, hand_out  # noqa: F401 - the fixture acts by itself


def arrays(path: Path, seed: int, classes: int = 2, side: int = 8) -> Path:
    generator = np.random.default_rng(seed)
    images = generator.integers(0, 255, (40, side, side), dtype=np.uint8)
    np.savez(path, images=images, labels=np.arange(40) % classes)
    return path


def bring_own(folder: Path, seed: int, **shape: int) -> None:
    bring(arrays(folder / f"{seed}.npz", seed, **shape), "mine")


def paused_in_the_middle(run: Run) -> None:
    """After some steps, with a checkpoint, and no process has it."""
    run.folder.post(Command("step", steps=3))
    hand_out(run)
    assert run.state == "paused"
    assert run.step_count == 3


def go_on(run: Run) -> str:
    run.folder.post(Command("run"))
    run._find_worker(run.folder.commands()[0][0])
    hand_out(run)
    return run.state


OWN = TrainingSpec("mine", "tiny", epochs=4, batch_size=8)


def test_the_digest_is_of_the_very_images_and_labels_that_are_used() -> None:
    train = load("digits", "train", 50, classes=("3", "5"))
    found = hashlib.sha256()
    for name, array in (("images", train.images.numpy()), ("labels", train.labels.numpy())):
        found.update(f"{name} {array.dtype.str} {array.shape}".encode())
        found.update(array.tobytes())
    assert data_digest(TrainingSpec("digits", limit=50, classes=("3", "5"))) == found.hexdigest()
    some = [
        TrainingSpec("digits"),
        TrainingSpec("digits", limit=50),
        TrainingSpec("digits", share=0.5),
        TrainingSpec("digits", rare=("3",)),
        TrainingSpec("mnist"),
    ]
    assert len({data_digest(spec) for spec in some}) == len(some)
    assert data_digest(TrainingSpec("digits", "lenet5", seed=9)) == data_digest(TrainingSpec("digits"))


def test_the_digest_of_many_labels_is_of_all_of_them(tmp_path: Path) -> None:
    images = np.arange(20 * 64, dtype=np.uint8).reshape(20, 8, 8)
    targets = np.arange(60).reshape(20, 3) % 4 // 2
    digests = set()
    for extra in (0, 1):
        targets[:, 0] |= extra  # the most frequent label, never the rarest of an image with another
        np.savez(tmp_path / "m.npz", images=images, labels=targets)
        bring(tmp_path / "m.npz", "mine")
        digests.add(data_digest(TrainingSpec("mine", "tiny", task="labels")))
    assert len(digests) == 2
    scenes = TrainingSpec("mnist_scenes", "tiny", limit=10)
    assert data_digest(scenes) == data_digest(replace(scenes, task="labels"))


def test_a_run_knows_its_images_and_an_undisturbed_one_says_nothing(tmp_path: Path) -> None:
    bring_own(tmp_path, 1)
    run = start(OWN)
    paused_in_the_middle(run)
    assert go_on(run) == "finished"
    assert run.data_seen == [DataSeen(0, data_digest(OWN))]
    assert run.message == ""
    report = run.export("html").decode()
    assert data_digest(OWN) in report
    assert "replaced" not in report
    assert data_digest(OWN) in run.export("notebook").decode()


def test_a_run_says_when_its_data_set_was_replaced(tmp_path: Path) -> None:
    bring_own(tmp_path, 1)
    first, run = data_digest(OWN), start(OWN)
    paused_in_the_middle(run)
    bring_own(tmp_path, 2)
    second = data_digest(OWN)
    assert first != second
    assert go_on(run) == "finished"
    assert run.data_seen == [DataSeen(0, first), DataSeen(3, second)]
    assert "The data set 'mine' was replaced by another one of the same name: from step 3 on" in run.message
    report = run.export("html").decode()
    assert first in report
    assert second in report
    assert "from step 3 on" in report
    bring_own(tmp_path, 3)
    assert "has been replaced since" in open_run(run.id).export("html").decode()


def test_a_run_whose_new_images_do_not_fit_fails_with_a_sentence(tmp_path: Path) -> None:
    bring_own(tmp_path, 1)
    run = start(OWN)
    paused_in_the_middle(run)
    bring_own(tmp_path, 2, classes=4)
    assert go_on(run) == "failed"
    assert "whose classes or image size differ" in run.message


def test_a_run_of_an_older_version_is_read_and_goes_on(tmp_path: Path) -> None:
    bring_own(tmp_path, 1)
    run = start(OWN)
    paused_in_the_middle(run)
    (run.folder.path / "data.json").unlink()
    assert run.data_seen == []
    assert "older version" in run.export("html").decode()
    assert go_on(run) == "finished"
    assert run.message == ""
    assert run.data_seen == [DataSeen(3, data_digest(OWN))]


@pytest.mark.parametrize(
    ("seen", "step", "digest", "now"),
    [
        ([], 0, "a", [(0, "a")]),
        ([(0, "a")], 0, "b", [(0, "b")]),
        ([(0, "a")], 5, "a", [(0, "a")]),
        ([(0, "a")], 5, "b", [(0, "a"), (5, "b")]),
        ([(0, "a"), (5, "b")], 5, "a", [(0, "a")]),
        ([(0, "a"), (5, "b")], 9, "b", [(0, "a"), (5, "b")]),
    ],
)
def test_what_was_seen_is_kept_in_order(
    seen: list[tuple[int, str]], step: int, digest: str, now: list[tuple[int, str]]
) -> None:
    assert seen_from([DataSeen(*one) for one in seen], step, digest) == [DataSeen(*one) for one in now]
