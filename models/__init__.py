"""Layers and models for multimodal sentiment analysis, written with Keras 3 alone.

`MODELS` maps the names used on the command line to the classes of sequence models,
`TEXT_TABULAR_MODELS` to the models of a text with a table. `__init__.pyi` lists all names; each is
imported when it is first used. `load_model` loads a saved model of any class.
"""

from .registry import lazy_exports

__getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
