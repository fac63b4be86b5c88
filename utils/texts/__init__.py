"""Texts as token numbers: tokenizers, and texts as the steps of samples."""
