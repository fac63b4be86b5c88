import pytest
import tensorflow as tf

from utils.formats.example_record import bytes_features

NAMES = ("text", "audio")


def feature(*values):
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))


def serialized(**features):
    example = tf.train.Example(features=tf.train.Features(feature=features))
    # Else the order of the features, and so the name of a test, differs from process to process.
    return example.SerializeToString(deterministic=True)


WHOLE = {"text": feature(b"one"), "audio": feature(b"\0" * 300)}


def test_reads_what_tensorflow_writes():
    numbers = tf.train.Feature(float_list=tf.train.FloatList(value=[1.5, 2.5]))
    count = tf.train.Feature(int64_list=tf.train.Int64List(value=[-1]))
    found = bytes_features(serialized(**WHOLE, label=numbers, count=count), NAMES)
    assert {name: bytes(value) for name, value in found.items()} == {
        "text": b"one",
        "audio": b"\0" * 300,
    }


def test_as_in_all_messages_the_last_of_a_key_counts_and_parts_are_joined():
    joined = serialized(text=feature(b"first"), audio=feature(b"a")) + serialized(
        text=feature(b"x")
    )
    found = bytes_features(joined, NAMES)
    assert bytes(found["text"]) == b"x" and bytes(found["audio"]) == b"a"
    assert tf.train.Example.FromString(joined).features.feature["text"] == feature(b"x")


def test_fields_of_other_kinds_are_skipped():
    unknown = b"\x48\xff\x01" + b"\x51" + bytes(8) + b"\x5d" + bytes(4)
    assert bytes(bytes_features(unknown + serialized(**WHOLE), NAMES)["text"]) == b"one"


@pytest.mark.parametrize(
    ("example", "message"),
    [
        (b"", "0 values of 'text'"),
        (serialized(text=feature(b"one")), "0 values of 'audio'"),
        (serialized(text=feature(b"one", b"two"), audio=feature(b"a")), "2 values of 'text'"),
        (serialized(text=feature(), audio=feature(b"a")), "0 values of 'text'"),
        (serialized(**WHOLE)[:-1], "does not end inside"),
        (b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "does not end inside"),
        (b"\x80" * 20, "a number that does not end"),
        (b"\x08", "a number that does not end"),
        (b"\x51" + bytes(7), "does not end inside"),
        (b"\x0b\x0c", "the unknown kind 3"),
    ],
)
def test_malformed_messages_are_refused(example, message):
    with pytest.raises(ValueError, match=message):
        bytes_features(example, NAMES)


def test_a_length_beyond_memory_is_refused():
    # Found by fuzzing: on this message `tf.io.parse_example` 2.21 ends the process.
    example = serialized(text=feature(b"seven!!"), audio=feature(b"a"))
    damaged = example.replace(b"\x07seven!!", b"\xff" * 6 + b"\x00\xf2")
    with pytest.raises(ValueError, match="does not end inside"):
        bytes_features(damaged, NAMES)


def test_every_truncation_is_refused():
    whole = serialized(**WHOLE)
    for end in range(len(whole)):
        with pytest.raises(ValueError):
            bytes_features(whole[:end], NAMES)
