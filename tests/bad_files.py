"""Files that are damaged, cut off, hostile or something else, for every place that takes a file or a text.

Each family begins with good files and spoils them in ways that do not change from run to run; to these come files
that are wrong on purpose.
"""

import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save as save_tensors

from cnnviz.models import PRESETS
from cnnviz.training import TrainingSpec
from tests.videos import checksum, made_up, record, tfrecord

Files = Iterator[tuple[str, bytes]]


def spoiled(name: str, good: bytes, count: int) -> Files:
    """The file cut off, with bits turned, parts exchanged, repeated, or filled with zeros."""
    draw = random.Random(name)
    for number in range(count):
        place, length = draw.randrange(len(good)), draw.randrange(1, max(2, len(good) // 4))
        kind = ("cut", "bits", "zeros", "twice", "noise")[number % 5]
        bad = bytearray(good)
        if kind == "cut":
            del bad[place:]
        elif kind == "bits":
            for _ in range(8):
                bad[draw.randrange(len(bad))] ^= 1 << draw.randrange(8)
        elif kind == "zeros":
            bad[place : place + length] = bytes(min(length, len(bad) - place))
        elif kind == "twice":
            bad[place:place] = bad[max(0, place - length) : place]
        else:
            bad[place : place + length] = draw.randbytes(length)
        yield f"{name}: {kind} {number}", bytes(bad)


def _picture(kind: str, mode: str = "RGB", side: int = 24) -> bytes:
    noise = np.random.default_rng(3).integers(0, 256, (side, side, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).convert(mode).save(file, kind)
    return file.getvalue()


def _chunk(kind: bytes, inside: bytes) -> bytes:
    return struct.pack(">I", len(inside)) + kind + inside + struct.pack(">I", zlib.crc32(kind + inside))


def _huge_png(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", head)
        + _chunk(b"IDAT", zlib.compress(bytes(1000)))
        + _chunk(b"IEND", b"")
    )


def pictures() -> Files:
    for kind in ("PNG", "JPEG", "WEBP", "GIF"):
        yield from spoiled(kind, _picture(kind), 12)
    yield "empty", b""
    yield "text", b"this is no picture"
    yield "EPS", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n(cat /etc/passwd) run\n"
    yield "SVG", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    yield "PDF", b"%PDF-1.7\n1 0 obj\n<<>>\nendobj"
    yield "TIFF", _picture("TIFF")
    yield "a billion pixels", _huge_png(40_000, 40_000)
    yield "no width", _huge_png(0, 10)
    yield "more than memory", _huge_png(2**31 - 1, 2**31 - 1)
    yield (
        "text chunk that unpacks to much",
        _picture("PNG")[:33]
        + _chunk(b"zTXt", b"a\x00\x00" + zlib.compress(bytes(80_000_000)))
        + _picture("PNG")[33:],
    )


def _archive(files: dict[str, bytes], **options: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **options) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def _classes() -> dict[str, bytes]:
    return {f"{name}/{n}.png": _picture("PNG", side=8 + n) for name in ("cats", "dogs") for n in range(4)}


def archives() -> Files:
    good = _archive(_classes())
    yield from spoiled("zip", good, 25)
    yield "empty zip", _archive({})
    yield "no zip", b"PK\x03\x04 and nothing else"
    yield "one class", _archive({f"cats/{n}.png": _picture("PNG") for n in range(4)})
    yield "paths that leave the folder", _archive({f"../../{name}": one for name, one in _classes().items()})
    yield "absolute paths", _archive({f"/etc/{name}": one for name, one in _classes().items()})
    yield "names with NUL and breaks", _archive({f"ca\nts\t{n}/a\x01.png": _picture("PNG") for n in range(4)})
    yield "a zip in a zip", _archive({"cats/inner.zip": good, "dogs/inner.zip": good})
    yield (
        "unpacks to much",
        _archive({f"cats/{n}.png": bytes(60_000_000) for n in range(2)}, compression=zipfile.ZIP_DEFLATED),
    )
    yield "pictures that are texts", _archive({f"{c}/{n}.png": b"no" for c in "ab" for n in range(3)})
    yield (
        "encrypted",
        good.replace(b"PK\x03\x04\x14\x00\x00\x00", b"PK\x03\x04\x14\x00\x01\x00").replace(
            b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00"
        ),
    )
    link = zipfile.ZipInfo("cats/link.png")
    link.external_attr = 0o120777 << 16
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("dogs/1.png", _picture("PNG"))
    yield "symbolic links", file.getvalue()
    yield "table without columns", _archive({"labels.csv": b"\x00\xff,;\n" * 20, **_classes()})
    yield (
        "table of files that are not there",
        _archive(
            {"labels.csv": b"file,label\n../../etc/passwd,a\nmissing.png,b\n", "x/1.png": _picture("PNG")}
        ),
    )
    yield (
        "ragged table",
        _archive({"labels.csv": b'file,label\n"a.png,b\nc\n,,,,,\n', "a.png": _picture("PNG")}),
    )


def _npz(**arrays: object) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def arrays() -> Files:
    images, labels = np.zeros((8, 6, 6), np.uint8), np.arange(8) % 2
    yield from spoiled("npz", _npz(images=images, labels=labels), 20)
    yield "pickled objects", _npz(images=np.array([{"a": 1}, None], dtype=object), labels=labels[:2])
    yield "no labels", _npz(images=images)
    yield "other lengths", _npz(images=images, labels=labels[:3])
    yield "labels that are not whole", _npz(images=images, labels=labels + 0.5)
    yield "labels below zero", _npz(images=images, labels=labels - 5)
    yield "NaN", _npz(images=np.full((8, 6, 6), np.nan), labels=labels)
    yield "five dimensions", _npz(images=images[..., None, None], labels=labels)
    yield "no pixels", _npz(images=images[:, :0], labels=labels)
    yield "complex", _npz(images=images.astype(complex), labels=labels)
    yield "names of classes", _npz(images=images, labels=labels, classes=np.array([["a"], ["b"]]))
    head = b"{'descr': '|u1', 'fortran_order': False, 'shape': (9000000000, 9000000000), }"
    file = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head
    yield "an array larger than any memory", _archive({"images.npy": file, "labels.npy": file})
    yield (
        "an evil header",
        _archive({"images.npy": b"\x93NUMPY\x01\x00\x1a\x00__import__('os').getcwd()\n", "labels.npy": b""}),
    )


def weights() -> Files:
    tensors = {"conv1.weight": torch.zeros(8, 1, 5, 5), "conv1.bias": torch.zeros(8)}
    yield from spoiled("safetensors", save_tensors(tensors), 25)
    file = io.BytesIO()
    torch.save(tensors, file)
    yield from spoiled("state_dict", file.getvalue(), 15)

    def headed(head: object, inside: bytes = b"") -> bytes:
        text = json.dumps(head).encode()
        return struct.pack("<Q", len(text)) + text + inside

    yield "empty", b""
    yield "a header larger than the file", struct.pack("<Q", 2**60) + b"{}"
    yield "a table without tensors", headed({})
    yield (
        "offsets that overlap",
        headed({n: {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]} for n in "ab"}, bytes(8)),
    )
    yield "an unknown type", headed({"a": {"dtype": "X9", "shape": [2], "data_offsets": [0, 8]}}, bytes(8))
    yield "sizes below zero", headed({"a": {"dtype": "F32", "shape": [-2], "data_offsets": [0, 8]}}, bytes(8))
    yield "deep JSON", struct.pack("<Q", 200_000) + b'{"a":' * 40_000
    yield "NaN in all weights", save_tensors({name: one + float("nan") for name, one in tensors.items()})
    yield "weights that are texts", save_tensors({"conv1.weight": torch.zeros(1, dtype=torch.uint8)})

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return eval, ("1/0",)

    file = io.BytesIO()
    torch.save({"weight": Evil()}, file)
    yield "a pickle that runs code", file.getvalue()
    file = io.BytesIO()
    torch.save([1, 2, 3], file)
    yield "a list", file.getvalue()


def networks() -> Files:
    good = PRESETS["tiny"].to_json().encode()
    yield from spoiled("network", good, 25)
    yield from (
        (f"value {text}", text.encode()) for text in ("", "null", "3", "[]", '"x"', "{}", "NaN", "[[[]]]")
    )
    base = json.loads(good)
    for name, value in (
        ("layers", None),
        ("layers", "conv"),
        ("layers", [None]),
        ("layers", [{"kind": "Conv"}]),
        ("layers", [["Conv", {}]]),
        ("name", {"a": 1}),
        ("name", "x" * 100_000),
        ("more", 1),
    ):
        yield f"{name} = {str(value)[:40]}", json.dumps({**base, name: value}).encode()
    for layer in base["layers"][:1]:
        for key in layer:
            for value in (None, "no", -1, 1e400, 10**30, [], {}, True, [10**12] * 2):
                changed = {**base, "layers": [{**layer, key: value}, *base["layers"][1:]]}
                yield f"{key} = {str(value)[:20]}", json.dumps(changed).encode()
    yield "deep", b'{"layers":' + b"[" * 100_000
    yield "many layers", json.dumps({**base, "layers": base["layers"] * 3000}).encode()


def specifications() -> Files:
    good = TrainingSpec().to_json().encode()
    yield from spoiled("specification", good, 15)
    base = json.loads(good)
    for key in base:
        for value in (None, "no", -1, {}, [1]):
            yield f"{key} = {value}", json.dumps({**base, key: value}).encode()


def records() -> Files:
    good = tfrecord(made_up(2))
    yield from spoiled("records", good, 15)
    yield "empty records", b""
    yield "a length of much", b"\xff" * 8 + struct.pack("<I", checksum(b"\xff" * 8))
    yield "an archive", _archive({"train00.tfrecord": good})
    yield from (
        (f"record of {inside!r}", record(inside))
        for inside in (b"", b"\x0a\xff", b"\x0a" * 4000, b"\x00" * 9)
    )


def tables() -> Files:
    yield from spoiled(
        "table", b"x,y,class\n" + b"".join(b"%d,%d,%d\n" % (n, -n, n % 2) for n in range(30)), 15
    )
    yield from (
        (f"table {number}", text)
        for number, text in enumerate(
            (
                b"",
                b"\n\n\n",
                b"x,y,class\n",
                b"x,y,class\n1,2\n",
                b"x,y,class\nnan,inf,-inf\n1e999,2,3\n",
                b"\x00\x01\x02",
                "1,2,ä\n".encode("utf-16"),
                b'"' * 10_000,
                b"1," * 200_000,
                b"1,2,3\n" * 200_000,
                b"=cmd|' /C calc'!A0,1,2\n",
                b"9" * 200_000,
                b"1;2;3\n4\t5\t6\n",
            )
        )
    )
