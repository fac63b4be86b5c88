"""Layers and models for multimodal sentiment analysis, written with Keras 3 alone.

`MODELS` maps the names used on the command line to the model classes, `TEXT_TABULAR_MODELS` those
of the models of text with a table.
"""

from models.attention import MaskedAttention, masked_softmax
from models.attention_block import FeedForward
from models.balanced_msamodel import BalancedMSAModel
from models.baselines import BASELINES
from models.blocks import CrossAttentionBlock, ModalityEncoder, TransformerBlock
from models.dropout import HashDropout
from models.fusion import AdaptiveFusionHead, CrossModalFusion
from models.improved_msamodel import ImprovedMSAModel
from models.metrics import MeasureMetric, class_metrics, sentiment_metrics
from models.msa_seqlevel import MSASeqLevelModel
from models.msamodel import MSAModel
from models.multimodal_cross_attention import MultiModalCrossAttention
from models.multimodal_model import Explanation, MultimodalModel
from models.pooling import MaskedPooling, ModalityWeighting
from models.positional import (
    LearnablePositionalEmbedding,
    combine_masks,
    create_look_ahead_mask,
    create_padding_mask,
)
from models.text_tabular import (
    TEXT_TABULAR_MODELS,
    CrossAttentionFusion,
    FusionGate,
    MixtureOfExperts,
    MultimodalBertCrossAttn,
    MultimodalBertGate,
    MultimodalBertMoE,
    TabAE,
    TextBertBase,
    combine_tab_data,
)

MODELS = {
    "seqlevel": MSASeqLevelModel,
    "msa": MSAModel,
    "improved": ImprovedMSAModel,
    "balanced": BalancedMSAModel,
    **BASELINES,
}

__all__ = [
    "BASELINES",
    "MODELS",
    "TEXT_TABULAR_MODELS",
    "AdaptiveFusionHead",
    "BalancedMSAModel",
    "CrossAttentionBlock",
    "CrossAttentionFusion",
    "CrossModalFusion",
    "Explanation",
    "FeedForward",
    "FusionGate",
    "HashDropout",
    "ImprovedMSAModel",
    "LearnablePositionalEmbedding",
    "MSAModel",
    "MSASeqLevelModel",
    "MaskedAttention",
    "MaskedPooling",
    "MeasureMetric",
    "MixtureOfExperts",
    "ModalityEncoder",
    "ModalityWeighting",
    "MultiModalCrossAttention",
    "MultimodalBertCrossAttn",
    "MultimodalBertGate",
    "MultimodalBertMoE",
    "MultimodalModel",
    "TabAE",
    "TextBertBase",
    "TransformerBlock",
    "class_metrics",
    "combine_masks",
    "combine_tab_data",
    "create_look_ahead_mask",
    "create_padding_mask",
    "masked_softmax",
    "sentiment_metrics",
]
