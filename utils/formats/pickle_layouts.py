"""The layouts of pickles, told apart by what they hold."""

from utils.formats.misa_pickle import MisaPickle
from utils.formats.mmsa_pickle import MmsaPickle
from utils.formats.mult_pickle import MultPickle
from utils.formats.pickle_reader import listed_keys, split_sections
from utils.untrusted.invalid_data import InvalidData

PICKLES = (MultPickle, MmsaPickle, MisaPickle)


def find_layout(path, content):
    """Return the class that reads a loaded pickle.

    Args:
        path: The file, for messages.
        content: What `load_content` returned.

    Raises:
        InvalidData: If the content has none of the layouts; the message lists them.
    """
    found = next((reader for reader in PICKLES if reader.fits(content)), None)
    if found is None:
        raise InvalidData(
            f"{path} must have one of the known layouts of pickles. "
            f"Expected: {'; or '.join(reader.describe() for reader in PICKLES)}. "
            f"Received: {_structure(content)}. See data/README.md for the layouts."
        )
    return found


def _structure(content):
    if type(content) is list:
        return (
            f"a list of {len(content)} values; for one split of MISA, name the folder of its files"
        )
    if type(content) is not dict:
        return f"a {type(content).__name__}"
    inner = next((value for value in split_sections(content) if type(value) is dict), None)
    keys = listed_keys(content)
    return f"a dict of {keys}" + (f", the first with {listed_keys(inner)}" if inner else "")
