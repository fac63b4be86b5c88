"""Files as `torch.save` writes them, made without PyTorch."""

import pickle
import struct
import zipfile

from tests.utils.untrusted.pickle_bytes import integer, named, text

MAGIC = 0x1950A86A20F9469CFC6C


def shape(*numbers):
    return b"(" + b"".join(map(integer, numbers)) + b"t"


def storage(kind, key, count, *more):
    parts = (text("storage"), named("torch", kind), text(key), text("cpu"), integer(count), *more)
    return b"(" + b"".join(parts) + b"tQ"


def tensor(stored, offset, sizes, strides):
    """A tensor that is a view of a storage."""
    hooks = named("collections", "OrderedDict") + b")R"
    view = integer(offset) + shape(*sizes) + shape(*strides)
    return (
        named("torch._utils", "_rebuild_tensor_v2") + b"(" + stored + view + b"\x89" + hooks + b"tR"
    )


def parameter(inner):
    hooks = named("collections", "OrderedDict") + b")R"
    return named("torch._utils", "_rebuild_parameter") + b"(" + inner + b"\x88" + hooks + b"tR"


def vocabulary(words, function=("create_dataset", "return_unk")):
    """A `defaultdict` from words to their numbers, with a function for new words."""
    pairs = b"".join(text(word) + integer(i) for i, word in enumerate(words))
    return named("collections", "defaultdict") + named(*function) + b"\x85R(" + pairs + b"u"


def matrix_of(array, *more):
    """The tensor of a whole float32 array `(N, D)`, in the storage 0."""
    count, width = array.shape
    return tensor(storage("FloatStorage", "0", count * width, *more), 0, (count, width), (width, 1))


def write_archive(path, pickled, storages, order="little", compression=zipfile.ZIP_STORED):
    """Write what PyTorch writes since 1.6; `storages` are bytes by key."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("embedding/data.pkl", b"\x80\x02" + pickled + b".")
        archive.writestr("embedding/byteorder", order)
        for key, data in storages.items():
            archive.writestr(f"embedding/data/{key}", data)
        archive.writestr("embedding/version", "3\n")
    return path


def write_stream(path, pickled, storages, width=4, little=True):
    """Write what PyTorch wrote before 1.6; `width` is the size of a value in bytes."""
    system = {"protocol_version": 1001, "little_endian": little, "type_sizes": {"short": 2}}
    begin = b"".join(pickle.dumps(value, 2) for value in (MAGIC, 1001, system))
    end = pickle.dumps([*storages], 2) + b"".join(
        struct.pack("<q", len(data) // width) + data for data in storages.values()
    )
    path.write_bytes(begin + b"\x80\x02" + pickled + b"." + end)
    return path
