"""Write any readable data in another format, whole or not at all."""

import shutil
from pathlib import Path

import numpy as np

from utils.formats.hdf5 import Hdf5Writer
from utils.formats.table import index_path, write_table
from utils.formats.tfrecord import TfrecordWriter
from utils.new_folder import new_folder

WRITERS = {"h5": Hdf5Writer, "tfrecord": TfrecordWriter}
# What built-in data says of itself.
DESCRIPTION_FILE = "task.json"


def convert(reader, directory, output_format, shards=1, progress=lambda split, done: None):
    """Write all splits of a data set in another format.

    Args:
        reader: A `Reader`.
        directory: The folder to make; it must not exist, or be empty.
        output_format: `"h5"` or `"tfrecord"`.
        shards: Number of files into which each split is cut.
        progress: Called with each split and the number of its samples that are written.

    Returns:
        The `Split`s that were written.

    Raises:
        FileExistsError: If the folder holds something.
        OSError: If there is no room for it.
        ValueError: If the data is wrong, or an argument.
    """
    if output_format not in WRITERS:
        raise ValueError(
            f"`format` must be one of {', '.join(WRITERS)}. Received: {output_format!r}."
        )
    written = []
    with new_folder(directory) as partial:
        for name in reader.splits():
            split = reader.stream(name)
            if not 1 <= shards <= len(split):
                raise ValueError(
                    f"`shards` must be from 1 to {len(split)}, the samples of {name}. "
                    f"Received: {shards}."
                )
            check_room(partial, split)
            write_split(split, partial, WRITERS[output_format], shards, progress)
            written.append(split)
        description = reader.path / DESCRIPTION_FILE
        if description.is_file():
            shutil.copyfile(description, partial / DESCRIPTION_FILE)
    return written


def write_split(split, directory, writer_class, shards, progress):
    """Write one split in shards, block by block."""
    bounds = np.linspace(0, len(split), shards + 1).astype(int)
    for shard in range(shards):
        rows = np.arange(bounds[shard], bounds[shard + 1])
        with writer_class(directory, split, len(rows), (shard, shards)) as writer:
            for block in split.blocks(rows):
                writer.write(block)
                progress(split, len(block))
    index = writer_class.index(split)
    if index:
        write_table(index_path(directory, split.name), index)


def check_room(directory, split):
    """Refuse to start what the disk cannot hold.

    Raises:
        OSError: Saying what is needed and what is there.
    """
    needed = len(split) * split.sample_bytes
    free = shutil.disk_usage(Path(directory)).free
    if needed > free:
        raise OSError(
            f"The split {split.name} needs {needed / 1e9:.2f} GB. Received: a disk with "
            f"{free / 1e9:.2f} GB free. Make room, or write to another disk."
        )
