"""Reading the JSON files of a run folder: they are checked before anything trusts them."""

from utils.files import read_json
from utils.measures.inference import target_from_json
from utils.untrusted.invalid_data import InvalidData
from utils.untrusted.plain_file import plain_file

# Keys of `metadata.json` and of an evaluation, and the types of their values.
METADATA = {
    "command": str,
    "started": str,
    "seed": int,
    "devices": list,
    "replicas": int,
    "packages": dict,
    "machine": str,
    "data": dict,
    "target": dict,
}
EVALUATION = {"split": str, "data": str, "samples": int, "target": dict, "metrics": dict}


def read_record(path, keys):
    """Read a dict from a JSON file.

    Args:
        path: The file.
        keys: From keys that it must have to the types of their values.

    Raises:
        FileNotFoundError: If it is missing.
        InvalidData: If it is damaged, or lacks a key.
    """
    with plain_file(path, f"a JSON object with {', '.join(keys)}"):
        record = read_json(path)
        if not isinstance(record, dict):
            raise ValueError(f"a {type(record).__name__}")
        wrong = [k for k, kind in keys.items() if not isinstance(record.get(k), kind)]
        if wrong:
            raise ValueError(f"{wrong[0]} = {record.get(wrong[0])!r:.80}")
        return record


def target_of(path, record):
    """Return the `Target` in a record that `read_record` has read from a file.

    Raises:
        InvalidData: If it is damaged; the message names the file.
    """
    try:
        return target_from_json(record["target"])
    except InvalidData as error:
        raise InvalidData(f"{path}, key target: {error}") from error
