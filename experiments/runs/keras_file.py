"""The file of a run's model, which depends on the model alone."""

import json
import zipfile

from utils.files import in_one_step


def save_keras(model, path, partial):
    """Write a model as a `.keras` file in one step, so that equal models are equal files.

    Args:
        model: The Keras model.
        path: The file.
        partial: The file's name until it is whole.
    """
    with in_one_step(path, partial):
        model.save(partial)
        _remove_dates(partial)


def _remove_dates(path):
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    metadata = json.loads(contents["metadata.json"])
    del metadata["date_saved"]
    contents["metadata.json"] = json.dumps(metadata).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(zipfile.ZipInfo(name), content)
