"""Read files of `torch.save` from any source, without PyTorch: tensors become NumPy arrays.

Such a file is a pickle that refers to storages, the values of its tensors. Since PyTorch 1.6 it is
a zip archive; before, a stream of pickles, and then the storages. No code of the file runs.

Source: `_save` and `_legacy_save` in `torch/serialization.py`, and `_rebuild_tensor_v2` in
`torch/_utils.py`, PyTorch 2.13.
"""

import functools
import io
import math
import pickle
import zipfile
from pathlib import Path

import numpy as np

from utils.untrusted.pickle_operands import Operands
from utils.untrusted.pickled_numpy import MAX_DIMENSIONS, Arguments, Call, Refused
from utils.untrusted.plain_file import plain_file
from utils.untrusted.restricted_pickle import PickleMachine, told

CONTENT = (
    "a file of torch.save of tensors, NumPy arrays, text, numbers, lists, tuples and dicts alone"
)
STORAGES = {
    **{"Double": "f8", "Float": "f4", "Half": "f2", "Bool": "?", "Byte": "u1"},
    **{"Char": "i1", "Short": "i2", "Int": "i4", "Long": "i8"},
}
MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001  # the first two pickles of a stream


def load_torch(path):
    """Read a file of `torch.save`.

    Allowed is what `load_pickle` allows, and tensors and parameters of booleans, integers and
    floats, which become read-only arrays.

    Args:
        path: The file. It is read as a whole, so it must fit into memory.

    Returns:
        The content of the file.

    Raises:
        FileNotFoundError: If the file does not exist.
        PermissionError: If the file may not be read.
        InvalidData: As for `load_pickle`.
    """
    path = Path(path)
    with plain_file(path, CONTENT), path.open("rb") as file:
        zipped = file.read(2) == b"PK"
        file.seek(0)
        return (_read_archive if zipped else _read_stream)(path, file)


def _read_archive(path, file):
    with zipfile.ZipFile(file) as archive:
        members = {info.filename.partition("/")[2]: info for info in archive.infolist()}

        def read(name):
            if name not in members or members[name].compress_type != zipfile.ZIP_STORED:
                raise ValueError(f"an archive without an uncompressed file {name[:40]}")
            return archive.read(members[name])

        big = "byteorder" in members and read("byteorder") == b"big"
        operands = Operands(io.BytesIO(read("data.pkl")), path.stat().st_size)
        with told(path, CONTENT, operands):
            machine = TorchMachine(path, operands, lambda key: read(f"data/{key}"), "<>"[big])
            return machine.run()


def _read_stream(path, file):
    operands = Operands(file)
    with told(path, CONTENT, operands):
        begin = [PickleMachine(path, operands).run() for _ in range(2)]
        system = PickleMachine(path, operands).run()
        if begin != [MAGIC, PROTOCOL] or type(system) is not dict:
            raise ValueError("another file")
        if system.get("little_endian") is not True:
            raise ValueError("a file of a big-endian machine")
        start = file.tell()
        # The storages stand behind the pickle, so its end and their sizes must be known first.
        first = TorchMachine(path, operands, None)
        first.run()
        storages = {}
        for key in PickleMachine(path, operands).run():
            operands.number("<q")  # the number of values
            storages[key] = operands.data(first.sizes[key])
        file.seek(start)
        return TorchMachine(path, operands, storages.__getitem__).run()


class TorchMachine(PickleMachine):
    """The stack machine of a pickle that refers to storages.

    Args:
        path: The file, for messages.
        operands: The `Operands` of the pickle.
        read: Returns the bytes of a storage by its key. `None`: the tensors are left out.
        order: Byte order of the storages, `"<"` or `">"`.

    Attributes:
        sizes: The bytes of each storage, by its key.
    """

    def __init__(self, path, operands, read, order="<"):
        super().__init__(path, operands)
        self.read = read
        self.sizes, self.storages = {}, {}
        self.calls = self.calls | {
            ("torch._utils", "_rebuild_tensor_v2"): Call(_tensor),
            ("torch._utils", "_rebuild_parameter"): Call(_parameter),
            **{
                ("torch", f"{name}Storage"): Call(
                    functools.partial(self.storage, np.dtype(order + code))
                )
                for name, code in STORAGES.items()
            },
        }

    def steps(self):
        return super().steps() | {pickle.BINPERSID: self.refer}

    def refer(self):
        """Put the storage on the stack that the reference on it names."""
        [reference] = self.popped(1)
        if type(reference) is not Arguments or reference[0] != "storage":
            raise Refused("a reference to anything but a storage")
        self.stack.append(reference[1].run(*reference[2:]))

    def storage(self, dtype, key, device, count, view=None):
        """Return the values of a storage, `(count,)`; `None` if tensors are left out."""
        if type(key) is not str or type(count) is not int or count < 0 or view is not None:
            raise ValueError("a storage of unknown layout")
        self.sizes[key] = count * dtype.itemsize
        if self.read is None:
            return None
        if key not in self.storages:
            self.storages[key] = self.read(key)
        data = self.storages[key]
        if len(data) != self.sizes[key]:
            raise ValueError(f"a storage of {len(data)} bytes in the place of {self.sizes[key]}")
        return np.frombuffer(data, dtype)


def _tensor(storage, offset, shape, strides, *_):
    if storage is None:
        return None
    numbers = (offset, *shape, *strides)
    if any(type(n) is not int or n < 0 for n in numbers) or len(shape) > MAX_DIMENSIONS:
        raise ValueError("a tensor whose shape is no shape")
    if offset + math.prod(shape) > storage.size:
        raise ValueError("a tensor that is larger than its storage")
    width = storage.dtype.itemsize
    strides = [width * n for n in strides]
    return np.ndarray(shape, storage.dtype, storage, width * offset, strides)


def _parameter(tensor, *_):
    return tensor
