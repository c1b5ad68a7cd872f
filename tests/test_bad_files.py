"""Every place that takes a file says a sentence about a bad one, and nothing else happens."""

import math
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from cnnviz.data.bring import store
from cnnviz.data.images import decode
from cnnviz.data.records import read_videos
from cnnviz.errors import CnnvizError
from cnnviz.learning.points import from_csv
from cnnviz.models import PRESETS, NetworkSpec, summary
from cnnviz.settings import settings
from cnnviz.training import TrainingSpec
from cnnviz.training import bring as weights_door
from tests import bad_files

SPEC = TrainingSpec(network=PRESETS["tiny"])


def _images(suffix: str) -> Callable[[bytes], object]:
    def door(content: bytes) -> object:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"images{suffix}"
            file.write_bytes(content)
            return store(file, "bad-file")

    return door


def _weights(content: bytes) -> object:
    return weights_door(content, SPEC)


def _network(content: bytes) -> object:
    return summary(NetworkSpec.from_json(content.decode(errors="replace")), (1, 28, 28), 10)


def _specification(content: bytes) -> object:
    TrainingSpec.from_json(content.decode(errors="replace")).check()
    return None


def _table(content: bytes) -> object:
    points, _ = from_csv(content.decode("utf-8", "replace"), "classification")
    assert all(math.isfinite(value) for point in points for value in (point.x, point.y, point.label))
    return points


def _records(content: bytes) -> object:
    return read_videos([("train00.tfrecord", content)])


DOORS: dict[str, tuple[Callable[[], bad_files.Files], Callable[[bytes], object]]] = {
    "picture": (bad_files.pictures, decode),
    "archive": (bad_files.archives, _images(".zip")),
    "arrays": (bad_files.arrays, _images(".npz")),
    "weights": (bad_files.weights, _weights),
    "network": (bad_files.networks, _network),
    "specification": (bad_files.specifications, _specification),
    "records": (bad_files.records, _records),
    "table": (bad_files.tables, _table),
}
FILES = [
    pytest.param(door, content, id=f"{kind}-{name[:40]}")
    for kind, (files, door) in DOORS.items()
    for name, content in files()
]


def test_there_are_more_than_two_hundred() -> None:
    assert len(FILES) > 200


@pytest.mark.parametrize(("door", "content"), FILES)
def test_a_bad_file_is_told_in_a_sentence(
    door: Callable[[bytes], object], content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))
    try:
        door(content)
    except CnnvizError as error:
        sentence = str(error)
        assert 10 < len(sentence) < 600, sentence
        assert sentence.rstrip("”\"'").endswith((".", "!", "?")), sentence
        kept = [path for path in settings().home.rglob("*") if path.is_file() and path.suffix != ".lock"]
        assert not kept, kept
