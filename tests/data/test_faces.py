"""Face sets, read by scikit-learn's own code from small files in its own formats; nothing is downloaded."""

import hashlib
import threading
from pathlib import Path

import joblib
import numpy as np
import pytest
import sklearn.datasets._olivetti_faces as of_sklearn
import torch
from PIL import Image
from scipy.io import savemat
from skimage.data import lfw_subset

from cnnviz.data import bring, load
from cnnviz.data.faces import face_sets, images_to_verify, is_here, load_faces
from cnnviz.errors import CnnvizError
from cnnviz.training import Trainer, TrainingSpec
from tests.faces import lfw_folder, olivetti_file, olivetti_rows, olivetti_values
from tests.offline import no_way_out


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home of its own, no files of scikit-learn yet, and a way to the internet that leads nowhere."""
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "sklearn"))
    no_way_out(monkeypatch)


def test_olivetti_from_the_file_of_scikit_learn(tmp_path: Path) -> None:
    olivetti_file(tmp_path / "sklearn")
    told: list[tuple[int, int]] = []
    train = load_faces("olivetti", lambda done, of: told.append((done, of)))
    test = load("olivetti", "test")
    assert train.shape == (1, 64, 64)
    assert (len(train), len(test), len(train.classes)) == (200, 200, 40)
    assert train.classes[:2] == ("person 01", "person 02")
    assert torch.bincount(test.labels).tolist() == [5] * 40
    values = olivetti_values().reshape(40, 10, 64, 64)
    wanted = {image.tobytes() for image in np.rint(255 * values[7, 5:]).astype(np.uint8)}
    assert {image.numpy().tobytes() for image in test.images[test.labels == 7]} == wanted
    assert "with credit" in train.licence
    assert told[-1][0] == told[-1][1]


def test_olivetti_as_scikit_learn_downloads_it_with_its_checksum(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real way from the .mat file on, whose address is a file's here."""
    mat = tmp_path / "faces.mat"
    savemat(mat, {"faces": (olivetti_rows().T * 255).round().astype(np.uint8)})
    here = replace_file(mat, hashlib.sha256(mat.read_bytes()).hexdigest())
    monkeypatch.setattr(of_sklearn, "FACES", here)
    arrays = face_sets()["olivetti"].read(tmp_path / "new", True)
    assert arrays["train_images"].shape == (200, 64, 64)
    assert not list((tmp_path / "new").glob("*.mat"))
    monkeypatch.setattr(of_sklearn, "FACES", replace_file(mat, "0" * 64))
    with pytest.raises(OSError, match="SHA256"):
        face_sets()["olivetti"].read(tmp_path / "other", True)


def replace_file(mat: Path, checksum: str) -> object:
    return of_sklearn.FACES._replace(url=mat.as_uri(), checksum=checksum)


def test_lfw_takes_people_with_twenty_images_and_no_names(tmp_path: Path) -> None:
    lfw_folder(tmp_path / "sklearn")
    train, test = load_faces("lfw"), load("lfw", "test")
    assert train.shape == (1, 64, 64)
    assert train.classes == ("person 1", "person 2", "person 3")
    assert torch.bincount(train.labels).tolist() == torch.bincount(test.labels).tolist() == [10, 10, 10]
    middle = train.images[train.labels == 1][0, 0, 30, 30].item()
    assert middle == pytest.approx(120, abs=4)


def test_faces_and_backgrounds_of_scikit_image() -> None:
    train = load_faces("faces-or-not")
    both = images_to_verify("faces-or-not", False, 1000)
    assert train.classes == ("face", "no face")
    assert torch.bincount(both.labels).tolist() == [100, 100]
    assert train.shape == (1, 28, 28)
    assert train.labels[0] == load("faces-or-not", "test").labels[0] == 0
    small = Image.fromarray((lfw_subset()[3] * 255).round().astype(np.uint8)).resize((28, 28), 2)
    assert any(np.array_equal(image[0], np.asarray(small)) for image in train.images.numpy())


def test_a_network_learns_to_tell_faces_from_backgrounds() -> None:
    load_faces("faces-or-not")
    trainer = Trainer(TrainingSpec("faces-or-not", "tiny", epochs=20, batch_size=20))
    while not trainer.done:
        trainer.step()
    assert trainer.record(validate=True).val_accuracy > 0.85


def test_without_internet_there_is_a_sentence_and_nothing_is_kept(tmp_path: Path) -> None:
    with pytest.raises(CnnvizError, match=r"Olivetti faces could not be downloaded.*Check the connection"):
        load_faces("olivetti")
    assert not is_here("olivetti")
    assert not list((tmp_path / "home" / "data" / "faces").glob("*.npz"))


def test_a_damaged_file_of_scikit_learn_gives_the_same_sentence(tmp_path: Path) -> None:
    (tmp_path / "sklearn").mkdir()
    joblib.dump(np.zeros((3, 4), np.float32), tmp_path / "sklearn" / "olivetti_py3.pkz")
    with pytest.raises(CnnvizError, match="could not be downloaded"):
        load_faces("olivetti")


def test_many_who_ask_at_once_get_the_same_set(tmp_path: Path) -> None:
    olivetti_file(tmp_path / "sklearn")
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(len(load_faces("olivetti")))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [200] * 4


def test_an_unknown_set_names_the_known_ones() -> None:
    with pytest.raises(CnnvizError, match="faces-or-not, olivetti, lfw"):
        load_faces("celebrities")


def test_ones_own_images_of_that_name_are_not_lost(tmp_path: Path) -> None:
    digits = load("digits", "train", 40)
    np.savez(tmp_path / "mine.npz", images=digits.images.numpy()[:, 0], labels=digits.labels.numpy())
    mine = bring(tmp_path / "mine.npz", "olivetti")
    olivetti_file(tmp_path / "sklearn")
    with pytest.raises(CnnvizError, match="of your own called 'olivetti'"):
        load_faces("olivetti")
    assert not is_here("olivetti")
    assert torch.equal(load("olivetti").images, mine.images)


def test_a_network_that_was_trained_on_a_set_is_judged_on_its_test_images_only() -> None:
    load_faces("faces-or-not")
    assert len(images_to_verify("faces-or-not", True, 1000)) == 100
    assert len(images_to_verify("faces-or-not", False, 150)) == 150
    assert torch.equal(images_to_verify("mnist", False, 30).images, load("mnist", "test", 30).images)
