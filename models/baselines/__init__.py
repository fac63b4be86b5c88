"""Baselines from the literature, on the same input and output as the house's own models.

Each class's docstring names every difference from the paper. Where the paper and public code differ
it says which is followed: the paper, the authors' code or MMSA (github.com/thuiar/MMSA), the
field's collection in PyTorch. What holds for all stands here: layers start from Keras's initial
values, the LSTMs' forget gates with a bias of 1, and optimiser and loss are those that the model is
compiled with.
"""

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
