"""Models that classify a text together with tabular fields."""

from models.losses import ClassWeightedCrossEntropy
from models.text_tabular.bert import TextBertBase, make_bert
from models.text_tabular.fusion import CrossAttentionFusion, FusionGate, MixtureOfExperts
from models.text_tabular.model import TextTabularExplanation, TextTabularModel
from models.text_tabular.models import (
    TEXT_TABULAR_MODELS,
    MultimodalBertCrossAttn,
    MultimodalBertGate,
    MultimodalBertMoE,
)
from models.text_tabular.tab_ae import TabAE, combine_tab_data

__all__ = [
    "TEXT_TABULAR_MODELS",
    "ClassWeightedCrossEntropy",
    "CrossAttentionFusion",
    "FusionGate",
    "MixtureOfExperts",
    "MultimodalBertCrossAttn",
    "MultimodalBertGate",
    "MultimodalBertMoE",
    "TabAE",
    "TextBertBase",
    "TextTabularExplanation",
    "TextTabularModel",
    "combine_tab_data",
    "make_bert",
]
