import struct

import h5py
import numpy as np
import pytest

from utils.formats import InvalidData
from utils.untrusted.hdf5_file import open_hdf5

HEAP = b"HEAP\0\0\0\0"
TREE, NODE = b"TREE\0", b"SNOD"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "data.h5"
    with h5py.File(path, "w") as file:
        for i in range(40):
            file[f"root/data/video{i}/features"] = np.zeros((2, 2))
    return path


def positions(content, signature):
    found = [content.find(signature)]
    while found[-1] >= 0:
        found.append(content.find(signature, found[-1] + 1))
    return found[:-1]


def members(path):
    with open_hdf5(path, "data") as file:
        names = []
        file.visit(names.append)
        return names


def test_intact_groups_are_read(path):
    assert len(members(path)) == 2 + 2 * 40


@pytest.mark.parametrize("number", [0, 1, 2, 42])
def test_free_space_that_leads_back_to_itself_is_refused(path, number):
    # Found by fuzzing: HDF5 1.14 takes all memory. The groups are the root, `root`, `data`, videos.
    content = bytearray(path.read_bytes())
    heaps = positions(content, HEAP)
    assert len(heaps) == 43
    _, free, start = struct.unpack_from("<QQQ", content, heaps[number] + 8)
    struct.pack_into("<Q", content, start + free, free)
    path.write_bytes(content)
    with pytest.raises(InvalidData, match=r"data\.h5 must hold groups.*leads back to itself"):
        members(path)


def test_groups_are_found_by_their_headers_too(path):
    content = bytearray(path.read_bytes())
    for heap in positions(content, HEAP):
        _, free, start = struct.unpack_from("<QQQ", content, heap + 8)
        struct.pack_into("<Q", content, start + free, free)
    # In the superblock, the root group's cached addresses of its tree and heap.
    struct.pack_into("<QQ", content, 80, 2**40, 2**40)
    path.write_bytes(content)
    with pytest.raises(InvalidData, match="leads back to itself"):
        members(path)


@pytest.mark.parametrize("signature", [HEAP, TREE, NODE])
@pytest.mark.parametrize("value", [2**64 - 1, 2**63, 2**40, 0])
def test_addresses_and_counts_that_lead_nowhere_are_refused(path, signature, value):
    intact = path.read_bytes()
    for position in positions(intact, signature)[:3]:
        for place in (6, 8, 24, 32):
            content = bytearray(intact)
            struct.pack_into("<Q", content, position + place, value)
            path.write_bytes(content)
            try:
                assert len(members(path)) <= 2 + 2 * 40
            except InvalidData as error:
                assert "data.h5" in str(error)


def test_trees_that_lead_back_to_themselves_are_refused_or_read(path):
    content = bytearray(path.read_bytes())
    tree = positions(content, TREE)[0]
    struct.pack_into("<Q", content, tree + 32, tree)
    path.write_bytes(content)
    with pytest.raises(InvalidData, match=r"data\.h5"):
        members(path)
