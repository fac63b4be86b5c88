"""Texts as token numbers: tokenizers, and texts as the steps of samples."""

from utils.texts.text_steps import KINDS, TextSteps, told_kind
from utils.texts.tokenizer import TextTokenizer
from utils.texts.tokenizer_files import preset_path

__all__ = ["KINDS", "TextSteps", "TextTokenizer", "preset_path", "told_kind"]
