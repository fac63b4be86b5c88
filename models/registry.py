"""The names of models, and imports on first use: this file needs no Keras.

`import models` takes no time; a class is imported, with Keras, when it is first asked for.
"""

import ast
import importlib
import pkgutil
from collections.abc import MutableMapping
from pathlib import Path

PACKAGE = __name__.rpartition(".")[0]  # models or msa_tf2


class LazyClasses(MutableMapping):
    """A mapping from names to classes, each imported when it is first asked for.

    A class of one's own can be added: `MODELS["mine"] = MyModel`.

    Args:
        places: From each name to a class, or to its place in this package, `"module:Class"`.
    """

    def __init__(self, places):
        self._places = dict(places)

    def __getitem__(self, name):
        place = self._places[name]
        if not isinstance(place, str):
            return place
        module, cls = place.split(":")
        return getattr(importlib.import_module(f".{module}", PACKAGE), cls)

    def __contains__(self, name):
        return name in self._places  # imports nothing

    def __setitem__(self, name, cls):
        self._places[name] = cls

    def __delitem__(self, name):
        del self._places[name]

    def __iter__(self):
        return iter(self._places)

    def __len__(self):
        return len(self._places)

    def __repr__(self):
        return f"LazyClasses({', '.join(self)})"


BASELINES = LazyClasses(
    {
        "ef_lstm": "baselines.ef_lstm:EFLSTM",
        "lf_dnn": "baselines.lf_dnn:LFDNN",
        "tfn": "baselines.tfn:TFN",
        "lmf": "baselines.lmf:LMF",
        "mfn": "baselines.mfn:MFN",
        "graph_mfn": "baselines.graph_mfn:GraphMFN",
        "mult": "baselines.mult:MulT",
        "misa": "baselines.misa:MISA",
        "self_mm": "baselines.self_mm:SelfMM",
        "mag": "baselines.mag:MAG",
        "almt": "baselines.almt:ALMT",
        "tetfn": "baselines.tetfn:TETFN",
    }
)
MODELS = LazyClasses(
    {
        "seqlevel": "msa_seqlevel:MSASeqLevelModel",
        "msa": "msamodel:MSAModel",
        "improved": "improved_msamodel:ImprovedMSAModel",
        "balanced": "balanced_msamodel:BalancedMSAModel",
        **BASELINES._places,
    }
)
TEXT_TABULAR_MODELS = LazyClasses(
    {
        "cross-attention": "text_tabular.models:MultimodalBertCrossAttn",
        "moe": "text_tabular.models:MultimodalBertMoE",
        "gate": "text_tabular.models:MultimodalBertGate",
    }
)


def register_all():
    """Import all modules of this package, so that Keras knows every class by its saved name."""
    package = importlib.import_module(PACKAGE)
    for module in pkgutil.walk_packages(package.__path__, f"{PACKAGE}."):
        importlib.import_module(module.name)


def load_model(path, **options):
    """Load a `.keras` file that holds any class of this package.

    Args:
        path: The file, written by `model.save`, on any backend.
        **options: Further arguments of `keras.saving.load_model`, such as `compile=False`.

    Returns:
        The model.

    Example:
        >>> model = LFDNN(seq_len=5, text_dim=8, audio_dim=4, video_dim=4)
        >>> model.build()
        >>> model.save("model.keras")
        >>> type(load_model("model.keras")).__name__
        'LFDNN'
    """
    register_all()
    import keras

    return keras.saving.load_model(path, **options)


def lazy_exports(package, file):
    """Return `__getattr__`, `__dir__` and `__all__` of a package that imports on first use.

    Args:
        package: The package's `__name__`.
        file: Its `__file__`. The imports in the `.pyi` file beside it say where each name is;
            editors and type checkers read the same file.
    """
    stub = ast.parse(Path(file).with_suffix(".pyi").read_text(encoding="utf-8"))
    homes = {
        alias.name: "." * node.level + (node.module or "")
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }

    def get(name):
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(homes[name], package), name)

    return get, lambda: sorted(homes), sorted(homes)
