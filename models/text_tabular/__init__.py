"""Models of a text together with tabular fields; `__init__.pyi` lists all names."""

from ..registry import lazy_exports

__getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
