"""Public corpora as they are published: file, layout, shapes, lengths, splits and labels.

Sources, named by letters below:

- A: `datasetCommonParams` of MMSA's `config_regression.json`, github.com/thuiar/MMSA at 15f24e7.
- B: Jin et al., 2025, "Multimodal Transformers are Hierarchical Modal-wise Heterogeneous Graphs",
  Table 7: samples by sign of the label, longest, mean and variance of the lengths. Where it
  contradicts its own totals (8,084 positives of MOSEI, 227 of MOSI), the total decides.
- C: `configs/` of github.com/Haoyu-ha/ALMT: which of audio and video is the longer one.
- D: `config/config_regression.py` of github.com/thuiar/ch-sims-v2 at 2d84edc.
- E: issues 200 and 302 of github.com/CMU-MultiComp-Lab/CMU-MultimodalSDK: counts, keys, text.
- F: `examples/affect/` of github.com/pliang279/MultiBench: widths of humor and sarcasm.
- G: README.md of github.com/ROC-HCI/UR-FUNNY: widths, labels 0 and 1.
- H: Castro et al., 2019, "Towards Multimodal Sarcasm Detection": 690 clips, half of them sarcastic.

Counts marked "unconfirmed" are those that the field quotes; their source could not be read here.
MMSA's text is float32, its audio and video are float64: only so do the published sizes of the
files follow from their shapes.
"""

from dataclasses import dataclass
from typing import Any

SPLITS = ("train", "valid", "test")


@dataclass(frozen=True)
class Stream:
    """The sequences of one modality.

    Attributes:
        steps: Padded length.
        width: Features of a step.
        mean: Mean of the valid steps; 0: not published, drawn uniformly from 1 to `steps`.
        sd: Standard deviation of the valid steps.
    """

    steps: int
    width: int
    mean: float = 0.0
    sd: float = 0.0


@dataclass(frozen=True)
class Corpus:
    """A published file.

    Attributes:
        title: Name of the corpus, in words.
        file: Name of the file.
        layout: `"mmsa"` or `"mult"`, the layouts of `utils/formats/`.
        streams: From each modality to its `Stream`.
        aligned: Whether all modalities have the same steps.
        labels: Kind of the labels: `"score"`, `"emotions"` or `"class"`.
        groups: Names of the groups that `counts` counts.
        counts: From each split to its samples by group.
        values: Scores or labels that stand for each group; a score is drawn uniformly from them.
        by_modality: Whether there are labels of single modalities.
    """

    title: str
    file: str
    layout: str
    streams: dict[str, Stream]
    aligned: bool
    labels: str
    groups: tuple[str, ...]
    counts: dict[str, tuple[int, ...]]
    values: tuple[tuple[float, ...], ...]
    by_modality: bool = False


def _counts(
    train: tuple[int, ...], valid: tuple[int, ...], test: tuple[int, ...]
) -> dict[str, tuple[int, ...]]:
    return dict(zip(SPLITS, (train, valid, test), strict=True))


def _scores(highest, steps):
    """Return the values below, at and above 0 in equal steps up to ±`highest`."""
    above = tuple(highest * i / steps for i in range(1, steps + 1))
    return tuple(-value for value in above), (0.0,), above


SIGNS = ("negative", "neutral", "positive")
MOSI_COUNTS = _counts((552, 53, 679), (92, 13, 124), (379, 30, 277))  # B
MOSEI_COUNTS = _counts((4738, 3540, 8048), (506, 433, 932), (1350, 1025, 2284))  # B
SENTIMENT: dict[str, Any] = {"layout": "mmsa", "labels": "score", "groups": SIGNS}
# MOSI averages five annotators, MOSEI three.
MOSI: dict[str, Any] = {**SENTIMENT, "counts": MOSI_COUNTS, "values": _scores(3, 15)}
MOSEI: dict[str, Any] = {**SENTIMENT, "counts": MOSEI_COUNTS, "values": _scores(3, 9)}
SIMS: dict[str, Any] = {**SENTIMENT, "values": _scores(1, 5), "aligned": False, "by_modality": True}
# F
MULTIBENCH: dict[str, Any] = {
    "layout": "mult",
    "aligned": True,
    "labels": "class",
    "streams": {"text": Stream(50, 300), "audio": Stream(50, 81), "video": Stream(50, 371)},
}

CORPORA = {
    "mosi-aligned": Corpus(
        title="CMU-MOSI, MMSA's features, aligned to words",
        file="aligned_50.pkl",
        aligned=True,
        streams={  # A, B
            "text": Stream(50, 768, 14, 8.1),
            "audio": Stream(50, 5, 14, 8.1),
            "video": Stream(50, 20, 14, 8.1),
        },
        **MOSI,
    ),
    "mosi-unaligned": Corpus(
        title="CMU-MOSI, MMSA's features, not aligned",
        file="unaligned_50.pkl",
        aligned=False,
        streams={  # A, B, C
            "text": Stream(50, 768, 14, 8.1),
            "audio": Stream(375, 5, 38, 28.4),
            "video": Stream(500, 20, 42, 30.4),
        },
        **MOSI,
    ),
    "mosei-aligned": Corpus(
        title="CMU-MOSEI, MMSA's features, aligned to words",
        file="aligned_50.pkl",
        aligned=True,
        streams={  # A, B
            "text": Stream(50, 768, 24, 12.2),
            "audio": Stream(50, 74, 24, 12.2),
            "video": Stream(50, 35, 24, 12.2),
        },
        **MOSEI,
    ),
    "mosei-unaligned": Corpus(
        title="CMU-MOSEI, MMSA's features, not aligned",
        file="unaligned_50.pkl",
        aligned=False,
        streams={  # A, B, C
            "text": Stream(50, 768, 24, 12.2),
            "audio": Stream(500, 74, 149, 90.0),
            "video": Stream(500, 35, 94, 71.5),
        },
        **MOSEI,
    ),
    "sims": Corpus(
        title="CH-SIMS, MMSA's features",
        file="unaligned_39.pkl",
        streams={  # A, B
            "text": Stream(39, 768, 17, 7.3),
            "audio": Stream(400, 33, 158, 77.8),
            "video": Stream(55, 709, 22, 10.8),
        },
        counts=_counts((742, 207, 419), (248, 69, 139), (248, 69, 140)),  # B
        **SIMS,
    ),
    "simsv2": Corpus(
        title="CH-SIMS v2.0 with labels",
        file="sims_unaligned.pkl",
        streams={  # D
            "text": Stream(50, 768),
            "audio": Stream(925, 25),
            "video": Stream(232, 177),
        },
        # 2722 in training: A, D. The other totals and the signs in training are unconfirmed; valid
        # and test are given the shares of training.
        counts=_counts((1354, 232, 1136), (322, 55, 270), (514, 88, 432)),
        **SIMS,
    ),
    "iemocap": Corpus(
        title="IEMOCAP, MulT's features, aligned to words",
        file="iemocap_data.pkl",
        layout="mult",
        aligned=True,
        labels="emotions",
        streams={  # E for the text; the widths of audio and video are those of MulT's MOSEI
            "text": Stream(20, 300),
            "audio": Stream(20, 74),
            "video": Stream(20, 35),
        },
        groups=("neutral", "happy", "sad", "angry"),
        # Samples: E. Emotions: unconfirmed; they add up to the samples.
        counts=_counts((954, 338, 690, 735), (358, 116, 188, 136), (383, 135, 193, 227)),
        values=((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)),
    ),
    "mustard": Corpus(
        title="MUStARD, MultiBench's features",
        file="sarcasm.pkl",
        groups=("not sarcastic", "sarcastic"),
        counts=_counts((207, 207), (69, 69), (69, 69)),  # H; the splits are unconfirmed
        values=((-1,), (1,)),
        **MULTIBENCH,
    ),
    "ur-funny": Corpus(
        title="UR-FUNNY V2, MultiBench's features",
        file="humor.pkl",
        groups=("not humorous", "humorous"),
        counts=_counts((3807, 3807), (490, 490), (497, 497)),  # unconfirmed
        values=((0,), (1,)),  # G
        **MULTIBENCH,
    ),
}
