"""All calls that a pickle of plain data may make: of arrays, bytes and mappings."""

from utils.untrusted.pickled_numpy import NUMPY_CALLS, Call, Refused


def _encode(text, encoding):
    if type(text) is not str or encoding != "latin1":
        raise Refused("_codecs.encode of anything but bytes")
    return text.encode("latin1")


def _empty_bytes():
    return b""


def _ordered_dict():
    return {}


def _default_dict(factory=None):
    if factory not in (None, UNKNOWN_WORD):
        raise Refused("collections.defaultdict with another function")
    return {}


def _unknown_word():
    raise Refused("a call of return_unk")


# The function for new words in the vocabularies of MISA and MAG-BERT. It is never called.
UNKNOWN_WORD = Call(_unknown_word)
CALLS = NUMPY_CALLS | {
    ("_codecs", "encode"): Call(_encode),
    ("__builtin__", "bytes"): Call(_empty_bytes),
    ("builtins", "bytes"): Call(_empty_bytes),
    ("collections", "OrderedDict"): Call(_ordered_dict),
    ("collections", "defaultdict"): Call(_default_dict),
    ("create_dataset", "return_unk"): UNKNOWN_WORD,
    ("__main__", "return_unk"): UNKNOWN_WORD,
}
