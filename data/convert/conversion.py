"""Write any readable data as an HDF5 folder, completely or not at all."""

import shutil

import numpy as np

from utils.formats.extraction_file import FILE as EXTRACTION_FILE
from utils.formats.hdf5 import Hdf5Writer
from utils.formats.table import index_path, write_table
from utils.measures.inference import write_target
from utils.new_file import new_folder
from utils.untrusted.invalid_data import InvalidData

# The descriptions of a data set that `data.synthetic` and `data.extract` have written.
DESCRIPTIONS = ("task.json", EXTRACTION_FILE)


def convert(reader, directory, shards=1, progress=lambda split, done: None):
    """Write all splits of a data set as HDF5 files, which can be streamed.

    Args:
        reader: A `Reader`.
        directory: The folder to make; it must be new or empty.
        shards: Number of files of each split and modality.
        progress: Function that is called after each block, with the `Split` and the number of
            samples in the block.

    Returns:
        A list of the `Split`s.

    Raises:
        FileExistsError: If the folder holds files.
        InvalidData: If there are no features.
        OSError: If the disk has too little room.
        ValueError: If the data or an argument is wrong.
    """
    written = []
    with new_folder(directory) as partial:
        for name in reader.splits():
            split = reader.stream(name)
            if not split.sequences:
                raise InvalidData(
                    f"{reader.path} must hold features of text, audio or video. Received: texts "
                    "without features. They stay as they are: train with --text-encoder."
                )
            if not 1 <= shards <= len(split):
                raise ValueError(
                    f"`shards` must be from 1 to {len(split)}, the samples of {name}. "
                    f"Received: {shards}."
                )
            _check_room(partial, split)
            _write_split(split, partial, shards, progress)
            written.append(split)
        write_target(partial, reader.target)
        for name in DESCRIPTIONS if reader.has_own_labels else (EXTRACTION_FILE,):
            if (reader.path / name).is_file():
                shutil.copyfile(reader.path / name, partial / name)
    return written


def _write_split(split, directory, shards, progress):
    """Write one split in shards, block by block."""
    bounds = np.linspace(0, len(split), shards + 1).astype(int)
    for shard in range(shards):
        rows = np.arange(bounds[shard], bounds[shard + 1])
        with Hdf5Writer(directory, split, len(rows), (shard, shards)) as writer:
            for block in split.blocks(rows):
                writer.write(block)
                progress(split, len(block))
    if split.index:
        write_table(index_path(directory, split.name), split.index)


def _check_room(directory, split):
    needed = len(split) * split.sample_bytes
    free = shutil.disk_usage(directory).free
    if needed > free:
        raise OSError(
            f"The split {split.name} needs {needed / 1e9:.2f} GB. Received: a disk with "
            f"{free / 1e9:.2f} GB free. Free some space, or write to another disk."
        )
