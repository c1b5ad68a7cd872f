"""Records of videos, in the format that TensorFlow writes, and what is said of bad ones."""

import gzip
import io
import struct
from pathlib import Path

import numpy as np
import pytest

from cnnviz.data.records import crc32c, masked, parse_example, read_records, read_videos, read_vocabulary
from cnnviz.errors import CnnvizError
from tests.videos import checksum, example, made_up, record, tfrecord

GOOD = {"id": b"abcd", "labels": [3, 41, 3861], "mean_rgb": [0.25] * 1024, "mean_audio": [-1.5] * 128}


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
    ],
)
def test_the_checksum_has_the_published_values(content: bytes, wanted: int) -> None:
    """RFC 3720, appendix B.4, and the check value of the catalogue of CRCs."""
    assert crc32c(content) == wanted


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 1023, 1024, 1025, 1027, 5000])
def test_the_checksum_of_any_length_is_that_byte_by_byte(length: int) -> None:
    content = np.random.default_rng(length).bytes(length)
    assert masked(crc32c(content)) == checksum(content)


def test_a_record_is_read_as_googles_protocol_buffers_wrote_it() -> None:
    found = parse_example(example(**GOOD, more=b"x", negative=[-1, 2**62]))
    assert found["id"] == [b"abcd"]
    assert found["labels"].tolist() == [3, 41, 3861]  # type: ignore[union-attr]
    assert found["negative"].tolist() == [-1, 2**62]  # type: ignore[union-attr]
    assert found["mean_rgb"].dtype == np.float32  # type: ignore[union-attr]
    assert found["mean_audio"].tolist() == [-1.5] * 128  # type: ignore[union-attr]


def test_numbers_that_are_not_packed_are_read_too() -> None:
    """proto2 writes each with its own tag."""

    def field(number: int, content: bytes) -> bytes:
        return bytes([number << 3 | 2]) + bytes([len(content)]) + content

    def feature(name: str, kind: int, values: bytes) -> bytes:
        return field(1, field(1, name.encode()) + field(2, field(kind, values)))

    floats = b"".join(b"\x0d" + struct.pack("<f", one) for one in (0.5, -2.0))
    inside = feature("f", 2, floats) + feature("n", 3, b"\x08\x05\x08\xac\x02")
    found = parse_example(field(1, inside))
    assert found["f"].tolist() == [0.5, -2.0]  # type: ignore[union-attr]
    assert found["n"].tolist() == [5, 300]  # type: ignore[union-attr]


def test_several_files_are_one_set_and_what_is_wrong_is_named(tmp_path: Path) -> None:
    bad = {
        "no audio": example(**{**GOOD, "id": b"none", "mean_audio": [0.0] * 3}),
        "infinite": example(**{**GOOD, "id": b"inf", "mean_rgb": [float("inf")] * 1024}),
        "labels": example(**{**GOOD, "id": b"lab", "labels": [3862]}),
        "no labels": example(**{**GOOD, "id": b"lab", "labels": []}),
        "frames": b"\x12\x00",
        "noise": b"\xff\xff\xff",
    }
    damaged = bytearray(record(example(**{**GOOD, "id": b"bit"})))
    damaged[100] ^= 1
    good = made_up(3)
    first = tmp_path / "train00.tfrecord"
    first.write_bytes(tfrecord([good[0], *bad.values()]) + bytes(damaged) + record(good[1]))
    found = read_videos([first, ("train01.tfrecord", tfrecord([good[2], good[0]]) + b"short")])
    assert len(found) == 3
    assert found.ids == ("v0000", "v0001", "v0002")
    assert found.rgb.shape == (3, 1024)
    assert found.audio.shape == (3, 128)
    assert found.rgb[1].tolist() == parse_example(good[1])["mean_rgb"].tolist()  # type: ignore[union-attr]
    assert found.labels[2] == tuple(parse_example(good[2])["labels"].tolist())  # type: ignore[union-attr]
    assert [where for where, _ in found.unreadable] == [
        *(f"train00.tfrecord, record {number}" for number in range(1, 8)),
        "train01.tfrecord, record 1",
        "train01.tfrecord, record 2",
    ]
    said = [why for _, why in found.unreadable]
    for why, part in zip(
        said,
        (
            "no 'mean_audio' of 128 numbers",
            "not finite",
            "not among the 3,862",
            "it has no labels",
            "frame-level",
            "no record of YouTube-8M",
            "checksum is wrong",
            "'v0000' was there already",
            "cut off",
        ),
        strict=True,
    ):
        assert part in why


def test_labels_are_counted() -> None:
    found = read_videos([("x", tfrecord(made_up(30)))])
    counts = dict(found.label_counts())
    assert counts == {label: sum(label in one for one in found.labels) for label in counts}
    assert [count for _, count in found.label_counts()] == sorted(counts.values(), reverse=True)
    targets = found.targets([7, 0])
    assert targets.sum(0).tolist() == [counts[7], counts[0]]
    lengths = found.features[:, :1024].norm(dim=1), found.features[:, 1024:].norm(dim=1)
    assert all(np.allclose(one, 1, atol=1e-5) for one in lengths)


def test_behind_a_damaged_length_nothing_is_guessed() -> None:
    content = bytearray(tfrecord(made_up(3)))
    second = len(record(made_up(3)[0]))
    content[second] ^= 1
    found = list(read_records(io.BytesIO(bytes(content))))
    assert [bool(one.payload) for one in found] == [True, False]
    assert "cannot be found" in found[1].fault


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b"PK\x03\x04 something else altogether", "this is no TFRecord file"),
        (gzip.compress(tfrecord(made_up(2))), "packed"),
        (b"\x00\x01", "cut off"),
        (tfrecord([b"hello"]), "no record of YouTube-8M"),
    ],
)
def test_a_foreign_file_is_told_in_a_sentence(content: bytes, said: str) -> None:
    with pytest.raises(CnnvizError, match=r"Bring files of video-level records") as error:
        read_videos([("x.tfrecord", content)])
    assert said in str(error.value)


def test_limits_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    content = tfrecord(made_up(4))
    monkeypatch.setenv("CNNVIZ_MAX_VIDEOS", "3")
    with pytest.raises(CnnvizError, match="at most 3 are read"):
        read_videos([("x", content)])
    monkeypatch.setenv("CNNVIZ_MAX_RECORD_BYTES", "1000")
    with pytest.raises(CnnvizError, match="at most 1,000 are read"):
        read_videos([("x", content)])
    with pytest.raises(CnnvizError, match="There is no file 'y'"):
        read_videos([tmp_path / "y"])


def test_the_vocabulary_gives_words() -> None:
    text = "\ufeffIndex,TrainVideoCount,KnowledgeGraphId,Name\n0,788288,/m/03bt1gh,Game\n7,12,/m/0x,  Гитара \n9999,1,/m/1,far\n"
    assert read_vocabulary(text.encode()) == {0: "Game", 7: "Гитара"}
    for bad in (b"", b"\xff\xfe", b"a,b\n1,2\n", b"Index,Name\nx,y\n"):
        with pytest.raises(CnnvizError, match="'Index' and 'Name'"):
            read_vocabulary(bad)
