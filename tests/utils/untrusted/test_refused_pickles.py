import collections
import copyreg
import functools
import operator
import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from tests.utils.untrusted.pickle_bytes import (
    FLOAT,
    HOLLOW,
    MULTIARRAY,
    OBJECT,
    call,
    integer,
    loader,
    named,
    refusal,
    state,
    text,
)
from utils.untrusted.restricted_pickle import load_pickle

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    return loader(tmp_path_factory.mktemp("pickles"))


class Evil:
    """Pickles as a call."""

    def __init__(self, function, *arguments, state=None):
        self.reduced = (function, arguments, *([state] if state else []))

    def __reduce__(self):
        return self.reduced


def evil_calls(marker):
    command = f"touch {marker}"
    partial = functools.partial(os.system, command)
    return {
        "posix.system": Evil(os.system, command),
        "builtins.eval": Evil(eval, f"open({str(marker)!r}, 'w')"),
        "builtins.exec": Evil(exec, f"open({str(marker)!r}, 'w')"),
        "builtins.getattr": Evil(getattr, "a", "upper"),
        "builtins.frozenset": Evil(frozenset, [1]),
        "builtins.complex": 1j,
        "functools.partial": partial,
        "operator.attrgetter": operator.attrgetter("system"),
        "copyreg._reconstructor": Evil(copyreg._reconstructor, Exception, object, None),
        "collections.Counter": collections.Counter(a=1),
        "numpy.load": Evil(np.load, str(marker)),
        "numpy.fromfile": Evil(np.fromfile, str(marker)),
        "numpy.memmap": Evil(np.memmap, str(marker), "f4", "w+", 0, (2,)),
        "utils.untrusted.restricted_pickle.load_pickle": load_pickle,
    }


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("name", evil_calls("x"))
def test_calls_are_refused_by_name(load, tmp_path, name, protocol):
    marker = tmp_path / "marker"
    content = pickle.dumps({"train": [evil_calls(marker)[name]]}, protocol)
    said = name
    if protocol < 3:
        said = said.replace("builtins", "__builtin__").replace("copyreg", "copy_reg")
    assert f"Received: '{said}'" in refusal(load, content)
    assert not marker.exists()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("subprocess", "Popen"),
        ("nt", "system"),
        ("__builtin__", "eval"),
        ("builtins", "bytearray"),
        ("builtins", "__import__"),
        ("builtins", "bytes.fromhex"),
        ("_codecs", "decode"),
        ("_codecs", "lookup"),
        ("codecs", "encode"),
        ("pickle", "loads"),
        ("_pickle", "loads"),
        ("sys", "modules"),
        ("types", "FunctionType"),
        ("torch._utils", "_rebuild_tensor_v2"),
        ("torch.storage", "_load_from_bytes"),
        ("pandas.core.frame", "DataFrame"),
        ("pandas._libs.internals", "_unpickle_block"),
        ("scipy.sparse", "csr_matrix"),
        ("joblib.numpy_pickle", "NumpyArrayWrapper"),
        ("numpy", "load"),
        ("numpy", "f2py.os.system"),
        ("numpy", "ndarray.tofile"),
        ("numpy", "dtype.__class__"),
        ("numpy.ma.core", "_mareconstruct"),
        ("numpy", "recarray"),
        ("numpy.core.multiarray", "fromfile"),
        ("numpy.core.multiarray", "_reconstruct.__globals__"),
        ("numpy._core.numeric", "load"),
        ("numpy.dtypes", "StringDType"),
        ("numpy.random._pickle", "__generator_ctor"),
        ("numpy.testing._private.utils", "runstring"),
        ("numpy", "\x1b[31mred"),
        ("", ""),
    ],
)
def test_names_are_refused_even_if_not_called(load, module, name):
    said = f"Received: {f'{module}.{name}'!r}"
    assert said in refusal(load, named(module, name) + b".")
    assert said in refusal(load, b"\x80\x04" + text(module) + text(name) + b"\x93.")
    assert said in refusal(load, b"(i" + f"{module}\n{name}\n".encode() + b".")


UNCALLED = {
    "persistent id": (b"P1\n.", "opcode PERSID"),
    "binary persistent id": (b"NQ.", "opcode BINPERSID"),
    "extension registry": (b"\x82\x01.", "opcode EXT1"),
    "extension registry 2": (b"\x83\x01\x00.", "opcode EXT2"),
    "extension registry 4": (b"\x84\x01\x00\x00\x00.", "opcode EXT4"),
    "new object": (named("numpy", "ndarray") + b")\x81.", "opcode NEWOBJ"),
    "new object with keywords": (named("numpy", "ndarray") + b")}\x92.", "opcode NEWOBJ_EX"),
    "old object": (b"(" + named("numpy", "ndarray") + b"o.", "opcode OBJ"),
    "set": (b"\x8f.", "opcode EMPTY_SET"),
    "out-of-band buffer": (b"\x97.", "opcode NEXT_BUFFER"),
    "class as data": (named("numpy", "ndarray") + b".", "in the place of data"),
    "class in a list": (b"]" + named("numpy", "ndarray") + b"a.", "in the place of data"),
    "dtype in a tuple": (FLOAT + b"\x85.", "in the place of data"),
    "dtype in tuples in a dict": (b"}K\x01" + FLOAT + b"\x85\x85s.", "in the place of data"),
    "unfinished array": (HOLLOW + b".", "in the place of data"),
    "array in itself": (HOLLOW + b"q\x00]h\x00a.", "in the place of data"),
    "ndarray called": (call("numpy", "ndarray", integer(2**30) + b"\x85"), "numpy.ndarray"),
    "call of a text": (text("os.system") + b")R.", "a call of what is no function"),
    "call of a result": (OBJECT + b")R.", "a call of what is no function"),
    "state for a list": (b"]}b.", "a state for a list"),
    "state for a class": (named("numpy", "ndarray") + b"}b.", "a state for a Call"),
    "void dtype": (call("numpy", "dtype", text("V8")), "numpy.dtype of 'V8'"),
    "complex dtype": (call("numpy", "dtype", text("c16")), "numpy.dtype of 'c16'"),
    "empty dtype": (call("numpy", "dtype", text("U0")), "numpy.dtype of 'U0'"),
    "fields in words": (call("numpy", "dtype", text("f8,O")), "numpy.dtype of 'f8,O'"),
    "dtype of a list": (call("numpy", "dtype", b"]"), "numpy.dtype"),
    "subclass": (call(MULTIARRAY, "_reconstruct", OBJECT, b")", b"N"), "a subclass"),
    "codec": (call("_codecs", "encode", text("a"), text("zip")), "_codecs.encode"),
    "encoded number": (call("_codecs", "encode", b"K\x01", text("latin1")), "_codecs.encode"),
    "tuple as key": (b"})K\x01s.", "a dict key of type tuple"),
    "float as key": (b"}G\x7f\xf8" + bytes(6) + b"K\x01s.", "a dict key of type float"),
    "long integer as key": (b"}\x8a\x06\x01\x02\x03\x04\x05\x06K\x01s.", "key of type int"),
    "dtype with fields": (
        FLOAT + b"(K\x03" + text("|") + b"N)}" + 3 * integer(8) + b"tb.",
        "numpy.dtype with fields",
    ),
    "objects from bytes": (
        call("numpy.core.numeric", "_frombuffer", b"C\x08" + bytes(8), OBJECT, b"K\x01\x85U\x01C"),
        "numpy.core.numeric._frombuffer of dtype('O')",
    ),
    "nested pickle in a scalar": (
        call(MULTIARRAY, "scalar", OBJECT, b"C\x0ecos\nsystem\n)R."),
        "numpy.core.multiarray.scalar of dtype('O')",
    ),
}


@pytest.mark.parametrize(("content", "said"), UNCALLED.values(), ids=UNCALLED)
def test_everything_but_data_is_refused(load, content, said):
    assert said in refusal(load, content + b".")


def test_a_nested_pickle_in_a_scalar_does_not_run(load, tmp_path):
    marker = tmp_path / "marker"
    nested = pickle.dumps(Evil(os.system, f"touch {marker}"))
    data = pickle.BINBYTES + struct.pack("<I", len(nested)) + nested
    assert "dtype('O')" in refusal(load, call(MULTIARRAY, "scalar", OBJECT, data) + b".")
    assert not marker.exists()
    pickle.loads(nested)
    assert marker.exists(), "the nested pickle works"


@pytest.mark.parametrize(
    ("array", "has"),
    [
        (np.zeros(2, [("a", "f8"), ("b", "O")]), "numpy.dtype of 'V16'"),
        (np.rec.array([(1, 2.0)]), "numpy.rec.recarray"),
        (np.ma.masked_array([1.0]), "_mareconstruct"),
        (np.array(["2020-01-01"], "M8[D]"), "numpy.dtype of 'M8'"),
        (np.zeros(2, complex), "numpy.dtype of 'c16'"),
        (np.array([np.array([1, "a"], object), None], object), "arrays of objects in an array"),
    ],
)
def test_other_arrays_are_refused(load, array, has):
    assert has in refusal(load, pickle.dumps(array))


def test_the_same_data_in_ever_more_copies_are_refused(load):
    encode = text("x" * 100_000) + b"q\x00" + named("_codecs", "encode") + b"q\x01"
    again = b"h\x01h\x00" + text("latin1") + b"\x86R"
    assert "ever more" in refusal(load, encode + b"00](" + again * 100_000 + b"e.")
    objects = b"](" + b"N" * 100_000 + b"eq\x000"
    again = state(integer(100_000) + b"\x85", OBJECT, b"h\x00")[:-1] + b"0"
    assert "ever more" in refusal(load, objects + again * 1000 + b"N.")


@pytest.mark.parametrize(
    ("content", "export"),
    [
        (b"ctorch._utils\n_rebuild_tensor_v2\n.", "tensor.detach().cpu().numpy()"),
        (b"PK\x03\x04 of torch.save", "tensor.detach().cpu().numpy()"),
        (b"cpandas.core.frame\nDataFrame\n.", 'frame.to_dict("list")'),
        (b"cscipy.sparse._csr\ncsr_matrix\n.", "matrix.toarray()"),
        (pickle.dumps(collections.Counter("a")), "dict(mapping)"),
    ],
)
def test_the_message_tells_how_to_export_known_objects(load, content, export):
    message = refusal(load, content)
    assert f"as plain arrays and lists: write `{export}` in the place of" in message
    assert message.endswith('; see "Pickles with other objects" in docs/troubleshooting.md.')
    page = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
    assert "**Pickles with other objects.**" in page and export in page


def test_the_recipe_writes_a_pickle_that_is_read(tmp_path, monkeypatch):
    page = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
    recipe = page.split("**Pickles with other objects.**")[1].split("```")[1].removeprefix("py\n")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.pkl").write_bytes(pickle.dumps({"train": {"audio": Tensor()}}))
    exec(recipe, {})
    assert load_pickle(tmp_path / "plain.pkl")["train"]["audio"].tolist() == [1.5]


class Tensor:
    """The methods of a tensor that the recipe calls."""

    def detach(self):
        return self

    cpu = detach

    def numpy(self):
        return np.array([1.5])
