"""Baselines from the literature, with the same input and output as the other models.

Each class's docstring names every difference from the paper. Where the paper and public code
differ, it says which source it follows: the paper, the authors' code or MMSA
(github.com/thuiar/MMSA), the field's collection in PyTorch. For all baselines: layers start from
Keras's initial values, the LSTMs' forget gates with a bias of 1, and optimiser and loss are the
ones given to `compile`. `__init__.pyi` lists all names.
"""

from ..registry import lazy_exports

__getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
