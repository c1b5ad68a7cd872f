"""Solids by a rule: what the rule promises. The measured sets: see ``test_fetch.py``."""

from pathlib import Path

import numpy as np
import pytest
import torch

from cnnviz.data.volumes import CLASSES, NOISE, SOLIDS, VOLUME_SETS, is_here, load_volumes, solids
from cnnviz.errors import CnnvizError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))


def test_the_middle_slice_is_the_same_for_all_classes_to_the_bit() -> None:
    made = [solids(50, 5, label=label).volumes for label in range(len(CLASSES))]
    for other in made[1:]:
        assert torch.equal(made[0][:, 8], other[:, 8])
        assert not torch.equal(made[0], other)


def test_the_area_of_the_discs_goes_with_the_class() -> None:
    """Without noise, in slices that lie whole in the solid: it opens, closes, stays, swells or narrows."""
    for label, name in enumerate(CLASSES):
        volumes = solids(200, 7, noise=0, label=label).volumes.float()
        bright = (volumes - volumes.amin((1, 2, 3), keepdim=True)).sum((2, 3))
        at_once = bright / bright.amax(1, keepdim=True)
        ends = []
        for row in at_once.numpy():
            there = np.flatnonzero(row > 0.01)
            ends.append((row[there[0]], row[there[len(there) // 2]], row[there[-1]]))
        first, middle, last = np.mean(ends, axis=0)
        assert (first + 0.1 < middle < last - 0.1) == (name == "opening cone")
        assert (first - 0.1 > middle > last + 0.1) == (name == "closing cone")
        assert (middle > first + 0.1 and middle > last + 0.1) == (name == "barrel")
        assert (middle < first - 0.1 and middle < last - 0.1) == (name == "hourglass")


def test_the_same_seed_gives_the_same_solids_and_the_shared_generator_stays() -> None:
    before = torch.get_rng_state()
    one, again, other = solids(20, 1), solids(20, 1), solids(20, 2)
    assert torch.equal(one.volumes, again.volumes)
    assert torch.equal(one.labels, again.labels)
    assert not torch.equal(one.volumes, other.volumes)
    assert torch.equal(before, torch.get_rng_state())


def test_training_and_test_solids_are_balanced_and_differ() -> None:
    train, test = load_volumes(), load_volumes(SOLIDS, "test")
    assert repr(test) == "Volumes(solids test: 400 volumes 16×16×16, 5 classes)"
    assert train.labels.bincount().tolist() == test.labels.bincount().tolist() == [80] * 5
    assert not torch.equal(train.volumes, test.volumes)
    assert test.made
    values = test.floats([3, 4])
    assert values.shape == (2, 16, 16, 16)
    corner = solids(400, 3).floats()[:, 0, 0, 0]
    assert 0.4 * NOISE < corner.std() < NOISE  # cut off at black


def test_what_is_not_here_is_said() -> None:
    with pytest.raises(CnnvizError, match=r"OrganMNIST3D.* not on this machine.* page \"Data sets\""):
        load_volumes("organmnist3d")
    with pytest.raises(CnnvizError, match="no volumes 'mnist'"):
        load_volumes("mnist")
    with pytest.raises(CnnvizError, match="Use train or test"):
        load_volumes(SOLIDS, "val")
    with pytest.raises(CnnvizError, match="a class from 0 to 4"):
        solids(3, label=5)
    assert is_here(SOLIDS)
    assert not any(map(is_here, (*VOLUME_SETS, "mnist")))
