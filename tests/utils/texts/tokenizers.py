"""Small tokenizers, and texts for them."""

import json

from utils.texts import TextTokenizer

WORDS = "i loved it not bad the film ##s ##ed love . ,".split()
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
# Byte-level BPE: a space before a word is Ġ.
MERGES = ["l o", "v e", "lo ve", "Ġ love", "Ġ i", "i t", "Ġ it"]
LETTERS = ["<s>", "<pad>", "</s>", "<unk>", "Ġ", *"abcdefghijklmnopqrstuvwxyzI,.", "Ã", "©"]
BYTE_PAIRS = [*LETTERS, *(merge.replace(" ", "") for merge in MERGES)]


def make_tokenizer():
    return TextTokenizer.from_vocabulary(VOCABULARY)


def write_byte_pairs(folder, names=("vocab.json", "merges.txt")):
    """Write a vocabulary and merges as RoBERTa has them."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = {token: number for number, token in enumerate(BYTE_PAIRS)}
    (folder / names[0]).write_text(json.dumps(numbers), encoding="utf-8")
    (folder / names[1]).write_text("#version: 0.2\n" + "\n".join(MERGES) + "\n", encoding="utf-8")
    return folder
