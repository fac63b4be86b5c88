"""Baselines from the literature, on the same input and output as the house's own models."""

from models.baselines.almt import ALMT
from models.baselines.ef_lstm import EFLSTM
from models.baselines.graph_mfn import GraphMFN
from models.baselines.lf_dnn import LFDNN
from models.baselines.lmf import LMF
from models.baselines.mag import MAG
from models.baselines.mfn import MFN
from models.baselines.misa import MISA
from models.baselines.mult import MulT
from models.baselines.self_mm import SelfMM
from models.baselines.tetfn import TETFN
from models.baselines.tfn import TFN

BASELINES = {
    "ef_lstm": EFLSTM,
    "lf_dnn": LFDNN,
    "tfn": TFN,
    "lmf": LMF,
    "mfn": MFN,
    "graph_mfn": GraphMFN,
    "mult": MulT,
    "misa": MISA,
    "self_mm": SelfMM,
    "mag": MAG,
    "almt": ALMT,
    "tetfn": TETFN,
}

__all__ = [
    "ALMT",
    "BASELINES",
    "EFLSTM",
    "LFDNN",
    "LMF",
    "MAG",
    "MFN",
    "MISA",
    "TETFN",
    "TFN",
    "GraphMFN",
    "MulT",
    "SelfMM",
]
