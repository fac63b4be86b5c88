import struct

import h5py
import numpy as np
import pytest

from utils.formats import InvalidData
from utils.untrusted.hdf5_file import open_hdf5

# Of the first version: where its addresses stand, after the sizes of offsets and lengths.
SIZE_OF_OFFSETS, BASE, DRIVER = 13, 24, 48


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "data.h5"
    with h5py.File(path, "w") as file:
        file["d1"] = np.ones(3)
    return path


def read(path):
    with open_hdf5(path, "data") as file:
        return file["d1"][()]


def change(path, position, form, value):
    content = bytearray(path.read_bytes())
    struct.pack_into(form, content, position, value)
    path.write_bytes(content)


@pytest.mark.parametrize("user_block", [0, 512, 2048])
@pytest.mark.parametrize("version", ["earliest", "v108", "latest"])
def test_what_h5py_writes_is_read(path, version, user_block):
    with h5py.File(path, "w", libver=version, userblock_size=user_block) as file:
        file["d1"] = np.ones(3)
    assert read(path).tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("position", "form", "value", "received"),
    [
        # Found by fuzzing: a block of 736 MB is reserved for a file of two kilobytes.
        (BASE, "<Q", 2**64 - 256, f"count from {2**64 - 256}"),
        (DRIVER, "<Q", 2075, "driver information at 2075"),
        (SIZE_OF_OFFSETS, "B", 4, "addresses of 4 bytes"),
    ],
)
def test_addresses_that_lead_elsewhere_are_refused(path, position, form, value, received):
    change(path, position, form, value)
    with pytest.raises(InvalidData, match=rf"data\.h5 must be a plain HDF5 file.*{received}"):
        read(path)


@pytest.mark.parametrize("size", [0, 8, 40, 63, 600])
def test_a_file_that_ends_early_is_refused(path, size):
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(InvalidData, match=r"data\.h5 cannot be read as HDF5"):
        read(path)
