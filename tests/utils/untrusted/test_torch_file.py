import pickle
import zipfile

import numpy as np
import pytest

from tests.utils.untrusted.pickle_bytes import integer, named, text
from tests.utils.untrusted.torch_files import (
    matrix_of,
    parameter,
    storage,
    tensor,
    vocabulary,
    write_archive,
    write_stream,
)
from utils.untrusted.invalid_data import InvalidData
from utils.untrusted.restricted_pickle import load_pickle
from utils.untrusted.torch_file import load_torch

X = np.arange(12, dtype="<f4").reshape(4, 3)
DATA = {"0": X.tobytes()}
WORDS = ("<unk>", "<pad>", "it")
WRITERS = {"archive": (write_archive, ()), "stream": (write_stream, (b"N",))}


@pytest.fixture(params=WRITERS)
def load(request, tmp_path):
    """A function that reads a pickle with storages, from a file of either layout."""
    write, _ = WRITERS[request.param]

    def load_file(pickled, storages=DATA):
        return load_torch(write(tmp_path / "some.pt", pickled, storages))

    load_file.more = WRITERS[request.param][1]
    return load_file


def test_a_matrix_and_a_vocabulary_are_read(load):
    matrix, words = load(matrix_of(X, *load.more) + vocabulary(WORDS) + b"\x86")
    np.testing.assert_array_equal(matrix, X)
    assert matrix.dtype == "f4" and words == {"<unk>": 0, "<pad>": 1, "it": 2}
    assert type(words) is dict


def test_views_share_a_storage_and_parameters_are_tensors(load):
    whole = storage("FloatStorage", "0", 12, *load.more)
    turned = tensor(whole, 0, (3, 4), (1, 3))
    rest = parameter(tensor(whole, 6, (2, 3), (3, 1)))
    single = tensor(whole, 5, (), ())
    empty = tensor(whole, 0, (0, 3), (3, 1))
    found = load(b"(" + turned + rest + single + empty + b"t")
    for x, expected in zip(found, (X.T, X[2:], X[1, 2], X[:0]), strict=True):
        np.testing.assert_array_equal(x, expected)


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [("DoubleStorage", "f8"), ("HalfStorage", "f2"), ("LongStorage", "i8"), ("BoolStorage", "?")],
)
@pytest.mark.parametrize("order", ["little", "big"])
def test_types_and_byte_orders(tmp_path, kind, dtype, order):
    x = np.array([1, 0, 1], np.dtype(dtype).newbyteorder(order))
    pickled = tensor(storage(kind, "0", 3), 0, (3,), (1,))
    found = load_torch(write_archive(tmp_path / "x.pt", pickled, {"0": x.tobytes()}, order))
    np.testing.assert_array_equal(found, x)


@pytest.mark.parametrize(
    ("pickled", "said"),
    [
        (named("os", "system") + text("true") + b"\x85R", r"'os\.system'"),
        (named("torch", "load") + b")R", r"'torch\.load'"),
        (named("torch", "BFloat16Storage"), r"'torch\.BFloat16Storage'.*detach\(\)"),
        (text("storage") + b"Q", "a reference to anything but a storage"),
        (vocabulary(WORDS, ("posix", "system")), r"'posix\.system'"),
        (vocabulary(WORDS, ("numpy", "ndarray")), "defaultdict with another function"),
        (named("create_dataset", "return_unk") + b")R", "a call of return_unk"),
        (b"]" + named("torch", "FloatStorage") + b"a", "in the place of data"),
    ],
)
def test_anything_else_is_refused(load, pickled, said):
    with pytest.raises(InvalidData, match=rf"some\.pt is refused before .*torch\.save.*{said}"):
        load(pickled)


@pytest.mark.parametrize(
    ("pickled", "said"),
    [
        (tensor(storage("FloatStorage", "0", 12), 1, (4, 3), (3, 1)), "larger than its storage"),
        (tensor(storage("FloatStorage", "0", 12), 0, (9, 9), (0, 0)), "larger than its storage"),
        (tensor(storage("FloatStorage", "0", 12), -1, (2,), (1,)), "whose shape is no shape"),
        (tensor(storage("FloatStorage", "0", 12), 0, (2,), (-1,)), "whose shape is no shape"),
        (tensor(storage("FloatStorage", "0", 12), 0, (2, 2), (50, 1)), "strides"),
        (tensor(storage("FloatStorage", "0", 13), 0, (2,), (1,)), ""),
        (tensor(storage("FloatStorage", "1", 12), 0, (2,), (1,)), ""),
        (tensor(storage("FloatStorage", "0", -1), 0, (2,), (1,)), "a storage of unknown layout"),
        (tensor(storage("FloatStorage", "0", 12, integer(1)), 0, (2,), (1,)), "unknown layout"),
        (b"", "opcode that lacks its operands"),
    ],
)
def test_damage_names_the_file(load, pickled, said):
    with pytest.raises(InvalidData, match=rf"some\.pt cannot be read.*Received: .*{said}"):
        load(pickled)


def test_compressed_storages_and_other_files_are_no_files_of_torch(tmp_path):
    path = tmp_path / "some.pt"
    write_archive(path, matrix_of(X), DATA, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(InvalidData, match=r"some\.pt cannot be read.*without an uncompressed file"):
        load_torch(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "text")
    with pytest.raises(InvalidData, match=r"without an uncompressed file data\.pkl"):
        load_torch(path)
    path.write_bytes(b"PK")
    with pytest.raises(InvalidData, match=r"some\.pt cannot be read.*not a zip file"):
        load_torch(path)
    path.write_bytes(pickle.dumps(1) * 3)
    with pytest.raises(InvalidData, match=r"some\.pt cannot be read.*Received: another file"):
        load_torch(path)
    write_stream(path, matrix_of(X), DATA, little=False)
    with pytest.raises(InvalidData, match="big-endian"):
        load_torch(path)
    with pytest.raises(FileNotFoundError, match=r"gone\.pt"):
        load_torch(tmp_path / "gone.pt")


def test_a_file_that_ends_early_is_damaged(load, tmp_path):
    load(matrix_of(X, *load.more))
    path = tmp_path / "some.pt"
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(InvalidData, match=r"some\.pt cannot be read"):
            load_torch(path)


def test_mappings_of_plain_pickles_become_dicts(tmp_path):
    path = tmp_path / "some.pkl"
    ordered = named("collections", "OrderedDict") + b")R(" + text("a") + integer(1) + b"u"
    path.write_bytes(ordered + vocabulary(WORDS, ("__main__", "return_unk")) + b"\x86.")
    assert load_pickle(path) == ({"a": 1}, {"<unk>": 0, "<pad>": 1, "it": 2})
