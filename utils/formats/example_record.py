"""Reading `tf.train.Example` messages that may come from anywhere.

TensorFlow 2.21's own parser, `tf.io.parse_example`, can end the process with a segmentation fault
on a damaged message. This one follows the wire format alone and stays inside the message.

Source: https://protobuf.dev/programming-guides/encoding, TensorFlow's `example.proto` and
`feature.proto`.
"""

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
LONGEST_VARINT = 10  # bytes


def bytes_features(example, names):
    """Return bytes features of a record.

    Args:
        example: A serialized `tf.train.Example`.
        names: The features, each of one value.

    Returns:
        From each name to its value, a `memoryview` of `example`.

    Raises:
        ValueError: If the message is malformed, or a feature is missing or not of one value.
    """
    keys = {name.encode(): name for name in names}
    found = {}
    # The numbers of the fields: Example.features, Features.feature and, of this map, key and value.
    for features in _parts(memoryview(example), 1):
        for entry in _parts(features, 1):
            key = b"".join(_parts(entry, 1)[-1:])
            if key in keys:
                found[keys[key]] = [
                    part for feature in _parts(entry, 2) for part in _bytes(feature)
                ]
    for name in names:
        if len(found.get(name, ())) != 1:
            raise ValueError(f"{len(found.get(name, ()))} values of {name!r}")
    return {name: found[name][0] for name in names}


def _bytes(feature):
    """Return what stands in Feature.bytes_list as BytesList.value."""
    return [value for values in _parts(feature, 1) for value in _parts(values, 1)]


def _parts(message, number):
    """Return the contents of a message's fields of this number, which hold bytes or messages."""
    parts = []
    position, end = 0, len(message)
    while position < end:
        tag, position = _varint(message, position)
        kind = tag & 7
        if kind == BYTES:
            size, start = _varint(message, position)
            position = start + size
            if tag >> 3 == number:
                parts.append(message[start:position])
        elif kind == VARINT:
            _, position = _varint(message, position)
        elif kind in (FIXED32, FIXED64):
            position += 4 if kind == FIXED32 else 8
        else:
            raise ValueError(f"a field of the unknown kind {kind}")
        if position > end:
            raise ValueError("a field that does not end inside its message")
    return parts


def _varint(message, position):
    """Return a number of seven bits a byte, and the position behind it."""
    value = 0
    for i, byte in enumerate(message[position : position + LONGEST_VARINT]):
        value |= (byte & 127) << 7 * i
        if byte < 128:
            return value, position + i + 1
    raise ValueError("a number that does not end inside its message")
