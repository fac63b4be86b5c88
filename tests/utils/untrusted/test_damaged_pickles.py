import pickle

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.utils.untrusted.pickle_bytes import (
    FLOAT,
    HOLLOW,
    MULTIARRAY,
    OBJECT,
    array2,
    call,
    damage,
    integer,
    loader,
    named,
    refusal,
    state,
    text,
)
from utils.untrusted import invalid_data, restricted_pickle
from utils.untrusted.invalid_data import InvalidData


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    return loader(tmp_path_factory.mktemp("pickles"))


MALFORMED = {
    "empty file": b"",
    "zeros": bytes(100),
    "no opcode": b"\xff\xff",
    "hdf5": b"\x89HDF\r\n\x1a\n",
    "gzip": b"\x1f\x8b\x08\x00",
    "protocol 6": b"\x80\x06N.",
    "frame longer than the file": b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7fN.",
    "bytes longer than the file": b"\x8e\xff\xff\xff\xff\xff\xff\xff\xffabc.",
    "text longer than the file": b"\x8d\x00\x00\x00\x00\x10\x00\x00\x00abc.",
    "string longer than the file": b"T\xff\xff\xff\x7fabc.",
    "string of negative length": b"T\xff\xff\xff\xffabc.",
    "buffer longer than the file": b"\x96\xff\xff\xff\xff\xff\xff\xff\x0fabc.",
    "long integer": b"\x8b\xff\xff\x00\x00" + bytes(65535) + b".",
    "integer of negative length": b"\x8b\xff\xff\xff\xff.",
    "integer of many digits": b"I" + b"1" * 10_000 + b"\n.",
    "float of many digits": b"F" + b"1" * 10_000 + b"\n.",
    "integer of letters": b"Iabc\n.",
    "string without quotes": b"Sabc\n.",
    "broken escape": b"S'\\x'\n.",
    "line without end": b"I12",
    "name that is no utf-8": b"c\xff\n\xff\n.",
    "text that is no utf-8": b"X\x02\x00\x00\x00\xff\xfe.",
    "name that is no text": b"K\x01K\x02\x93.",
    "nothing to stop with": b".",
    "nothing to pop": b"0.",
    "nothing to duplicate": b"2.",
    "nothing to store": b"q\x00.",
    "nothing stored": b"h\x07.",
    "a large memo index": b"j\xff\xff\xff\xff.",
    "no mark": b"t.",
    "append to a number": b"K\x01K\x02a.",
    "item of a list": b"]K\x01K\x02s.",
    "odd number of items": b"}(K\x01u.",
    "key that is no utf-8": b"}C\x01\xffNs.",
    "array with other data": state(b"K\x02\x85", FLOAT, b"C\x01a"),
    "huge array": state(b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x85", FLOAT, b"C\x01a"),
    "huge array of no data": state(b"\x8a\x08" + b"\xff" * 7 + b"\x7fK\x00\x86", FLOAT, b"C\x00"),
    "negative shape": state(b"J\xff\xff\xff\xff\x85", FLOAT, b"C\x00"),
    "shape of floats": state(b"G" + bytes(8) + b"\x85", FLOAT, b"C\x00"),
    "shape of too many dimensions": state(b"(" + b"K\x01" * 65 + b"t", FLOAT, b"C\x08" + bytes(8)),
    "shape of a list": state(b"]", FLOAT, b"C\x08" + bytes(8)),
    "objects from bytes": state(b"K\x01\x85", OBJECT, b"C\x08" + bytes(8)),
    "objects of another number": state(b"K\x02\x85", OBJECT, b"]"),
    "array without dtype": state(b"K\x01\x85", text("f8"), b"C\x08" + bytes(8)),
    "array of another version": state(b"K\x01\x85", FLOAT, b"C\x08" + bytes(8), b"K\x02"),
    "array state of a number": HOLLOW + b"K\x01b.",
    "array state too short": HOLLOW + b"K\x01\x85b.",
    "dtype state of a dict": FLOAT + b"}b.",
    "dtype state too short": FLOAT + b"K\x03\x85b.",
    "dtype of no byte order": FLOAT + b"(K\x03U\x01?NNN" + 3 * integer(-1) + b"tb.",
    "dtype of another size": FLOAT + b"(K\x03U\x01<NNN" + 3 * integer(16) + b"tb.",
    "characters beyond unicode": call(
        MULTIARRAY, "scalar", call("numpy", "dtype", text("U1")), b"C\x04\xff\xff\xff\x7f"
    ),
    "scalar without data": call(MULTIARRAY, "scalar", FLOAT) + b".",
    "call of too many arguments": call("builtins", "bytes", b"K\x01") + b".",
}


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED)
def test_malformed_pickles(load, content):
    damage(load, content + (b"." if content.endswith(b"R") else b""))


def test_every_truncation_is_noticed(load):
    content = {"train": {"text": np.ones((2, 3)), "id": ["a", "ü"], "n": [1, 2.5, None]}}
    for protocol in (0, 2, 4, 5):
        whole = pickle.dumps(content, protocol)
        for end in range(len(whole)):
            damage(load, whole[:end])


def test_deep_nesting_is_no_recursion(load):
    deep = b"]" * 100_000 + b"a" * 99_999 + b"."
    assert isinstance(load(deep), list)
    assert isinstance(load(b")" + b"\x85" * 100_000 + b"."), tuple)
    assert "place of data" in refusal(load, FLOAT + b"\x85" * 100_000 + b".")


def test_memory_is_checked_before_and_while_reading(load, monkeypatch):
    monkeypatch.setattr(invalid_data, "available_memory", lambda: 10)
    with pytest.raises(InvalidData, match=r"some\.pkl declares .*Expected: at most the available"):
        load(pickle.dumps("x" * 100))
    monkeypatch.setattr(invalid_data, "available_memory", lambda: 2**24)
    monkeypatch.setattr(restricted_pickle, "OBJECTS_PER_CHECK", 100)
    with pytest.raises(InvalidData, match="very many objects, declares"):
        load(b"](" + b"]" * 200 + b"e.")


SEEDS = [
    pickle.dumps({"train": {"text": array, "id": ["a", b"b"], "n": [1, 2.5]}}, protocol)
    for array in (np.ones((2, 3)), np.array(["x", ["y"]], object), np.array(["a"]), np.float32(1))
    for protocol in range(6)
]
FUZZED = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def loads_or_is_invalid(load, content):
    try:
        load(content)
    except InvalidData as error:
        assert "some.pkl" in str(error)


@FUZZED
@given(content=st.binary(max_size=200))
@example(content=b"\x80\x04\x95")
def test_random_bytes_never_do_anything_else(load, content):
    loads_or_is_invalid(load, content)


@FUZZED
@given(
    content=st.sampled_from(SEEDS),
    edits=st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), min_size=1, max_size=4),
)
def test_changed_bytes_never_do_anything_else(load, content, edits):
    content = bytearray(content)
    for position, value in edits:
        content[position % len(content)] = value
    loads_or_is_invalid(load, bytes(content))


OPCODES = [getattr(pickle, name) for name in pickle.__all__ if name.isupper()]
PIECES = [op for op in OPCODES if isinstance(op, bytes)] + [
    *(named("numpy", "ndarray"), FLOAT, OBJECT, HOLLOW, text("f8"), text("latin1"), integer(3)),
    *(named(MULTIARRAY, "scalar"), named("_codecs", "encode"), b"C\x08" + bytes(8), b"h\x00"),
    *(array2(np.ones(2)), b"q\x00", b"K\x01", b"(", b"](", b"}(", b"tb", b"\x85R"),
]


@FUZZED
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=30))
def test_random_opcodes_never_do_anything_else(load, pieces):
    loads_or_is_invalid(load, b"".join(pieces) + b".")
