"""Baselines from the literature, on the same input and output as the house's own models."""

from models.baselines.ef_lstm import EFLSTM
from models.baselines.lf_dnn import LFDNN
from models.baselines.lmf import LMF
from models.baselines.tfn import TFN

BASELINES = {
    "ef_lstm": EFLSTM,
    "lf_dnn": LFDNN,
    "tfn": TFN,
    "lmf": LMF,
}

__all__ = [
    "BASELINES",
    "EFLSTM",
    "LFDNN",
    "LMF",
    "TFN",
]
