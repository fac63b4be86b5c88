import csv

TINY = ("--vocabulary-size", 300, "--chunk-tokens", 16, "--chunks", 3, "--overlap", 2)
TINY += ("--model-args.hidden_common_dim", 8, "--bert.num_layers", 2, "--bert.hidden_dim", 8)
TINY += ("--bert.num_heads", 2, "--bert.intermediate_dim", 8, "--batch-size", 16)
TINY = ("--learning-rate", 0.01, *TINY)
GATE = ("--model", "gate", *TINY)
BINS = ("--numeric-bins", 3, "--numeric-edges", "tree")


def read_rows(path, **options):
    with path.open(newline="") as file:
        return list(csv.DictReader(file, **options))


def count_encoded(monkeypatch, module):
    """Return a list that gets the number of texts of each call of a module's `encode_texts`."""
    counts, encode_texts = [], module.encode_texts

    def counted(model, samples, known=None):
        counts.append(len(samples))
        return encode_texts(model, samples, known)

    monkeypatch.setattr(module, "encode_texts", counted)
    return counts
