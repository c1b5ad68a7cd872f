"""Files of video-level records as TensorFlow writes them: by Google's protocol buffers and a checksum byte by byte."""

import struct
from collections.abc import Sequence

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory


def _example() -> type:
    """``tf.train.Example``, as tensorflow/core/example/{example,feature}.proto describe it."""
    file = descriptor_pb2.FileDescriptorProto(name="example.proto", package="t", syntax="proto3")
    kinds = descriptor_pb2.FieldDescriptorProto

    def message(name: str, *fields: tuple[str, int, int, bool, str]) -> descriptor_pb2.DescriptorProto:
        made = file.message_type.add(name=name)
        for field, number, kind, repeated, of in fields:
            made.field.add(
                name=field,
                number=number,
                type=kind,  # type: ignore[arg-type]
                label=kinds.LABEL_REPEATED if repeated else kinds.LABEL_OPTIONAL,
                type_name=f".t.{of}" if of else None,
            )
        return made

    message("BytesList", ("value", 1, kinds.TYPE_BYTES, True, ""))
    message("FloatList", ("value", 1, kinds.TYPE_FLOAT, True, ""))
    message("Int64List", ("value", 1, kinds.TYPE_INT64, True, ""))
    lists = ("BytesList", "FloatList", "Int64List")
    message(
        "Feature",
        *((one.lower(), number, kinds.TYPE_MESSAGE, False, one) for number, one in enumerate(lists, 1)),
    )
    message(
        "Entry", ("key", 1, kinds.TYPE_STRING, False, ""), ("value", 2, kinds.TYPE_MESSAGE, False, "Feature")
    )
    message("Features", ("feature", 1, kinds.TYPE_MESSAGE, True, "Entry"))
    message("Example", ("features", 1, kinds.TYPE_MESSAGE, False, "Features"))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("t.Example"))


EXAMPLE = _example()


def example(**features: Sequence[float] | Sequence[int] | bytes) -> bytes:
    """A serialised record; a type of the list by its content."""
    made = EXAMPLE()
    for name, values in features.items():
        entry = made.features.feature.add(key=name)
        if isinstance(values, bytes):
            entry.value.byteslist.value.append(values)
        elif all(isinstance(one, int) for one in values):
            entry.value.int64list.value.extend(values)
        else:
            entry.value.floatlist.value.extend(values)
    content: bytes = made.SerializeToString()
    return content


def _of_byte(state: int) -> int:
    for _ in range(8):
        state = state >> 1 ^ (0x82F63B78 if state & 1 else 0)
    return state


BYTES = [_of_byte(byte) for byte in range(256)]


def checksum(content: bytes) -> int:
    """Masked CRC-32C, a byte at a time."""
    state = 0xFFFFFFFF
    for byte in content:
        state = state >> 8 ^ BYTES[(state ^ byte) & 0xFF]
    state ^= 0xFFFFFFFF
    return ((state >> 15 | state << 17) + 0xA282EAD8) & 0xFFFFFFFF


def record(payload: bytes) -> bytes:
    length = struct.pack("<Q", len(payload))
    return length + struct.pack("<I", checksum(length)) + payload + struct.pack("<I", checksum(payload))


def made_up(count: int, seed: int = 0, labels: int = 6) -> list[bytes]:
    """Records whose labels can be learned: each label adds its direction to picture and sound."""
    draw = np.random.default_rng(seed)
    ways = np.random.default_rng(99).normal(size=(labels, 1152))
    found = []
    for number in range(count):
        its = sorted(draw.choice(labels, size=draw.integers(1, 4), replace=False).tolist())
        values = ways[its].sum(0) + 0.5 * draw.normal(size=1152)
        found.append(
            example(
                id=f"v{seed}{number:03}".encode(),
                labels=[7 * one for one in its],
                mean_rgb=values[:1024].astype(float).tolist(),
                mean_audio=values[1024:].astype(float).tolist(),
            )
        )
    return found


def tfrecord(payloads: Sequence[bytes]) -> bytes:
    return b"".join(map(record, payloads))
