"""A run's model with everything that stands before it: from raw samples to predictions."""

from pathlib import Path

import keras

from experiments.runs.run_folder import RunFolder
from experiments.settings import TrainSettings
from experiments.tasks import inputs_class
from experiments.tasks.predictor import Predictor, explaining
from models import MultimodalModel, RawFeatureModel, load_model
from utils.command_line import announce
from utils.progress import progress_bar
from utils.untrusted.plain_file import plain_file


class LoadedRun:
    """The model that a run has kept, and its inputs.

    Args:
        folder: The `RunFolder`.
        model: The model.
        inputs: The `Inputs` that were fitted in the training.

    Attributes:
        target: The `Target` of the labels.
    """

    def __init__(self, folder, model, inputs):
        self.folder = folder
        self.model = model
        self.inputs = inputs
        self.target = inputs.target
        self._compiled = {}

    def read(self, data, split, labels=True, **options):
        """Return the encoded samples of a split; see `Inputs.read`.

        Of the run's own data, they are cut and have the labels as in the training.
        """
        options["clip_labels"] = self.folder.load_config()["clip_labels"]
        options["partition"] = self.partition_of(data)
        options["label_file"] = options.get("label_file") or self.label_file_of(data)
        samples = self.inputs.read(data, split, labels, **options)
        self.inputs.check_fits(self.model, samples)
        return samples

    def read_own(self, split, labels=True, **options):
        """Return the encoded samples of a split of the run's own data; see `read`."""
        config = self.folder.load_config()
        feature_files = config["feature_files"]
        return self.read(config["data"], split, labels, feature_files=feature_files, **options)

    def blocks(self, data, split, cut=False, labels=False):
        """Return the `Blocks` of a split, by default without labels; see `Inputs.blocks`."""
        partition, label_file = self.partition_of(data), self.label_file_of(data)
        return self.inputs.blocks(self.model, data, split, cut, partition, labels, label_file)

    def text_blocks(self, texts):
        """Return the `Blocks` of a list of texts; see `Inputs.text_blocks`."""
        return self.inputs.text_blocks(self.model, texts)

    def partition_of(self, data):
        """Return the `Partition` by which the run has cut its own data; `None` for other data.

        Args:
            data: A path, as `--data` takes it.
        """
        settings = TrainSettings(**self.folder.load_config())
        return settings.partition if _is_own(settings, data) else None

    def label_file_of(self, data):
        """Return the file of labels by which the run was trained on its own data, or `None`.

        Args:
            data: A path, as `--data` takes it.
        """
        settings = TrainSettings(**self.folder.load_config())
        return settings.label_file if _is_own(settings, data) else None

    def predict(self, samples, name=None, batch_size=None):
        """Predict samples, as the run's own evaluation does.

        Args:
            samples: Encoded samples, of `read` or `blocks`; of sequences also a dict from each
                modality to raw features `(N, T, D)`. With a text encoder, its `text` is a list of
                texts, and the others may be left out.
            name: What a progress bar calls them; `None`: no bar.
            batch_size: Samples that are predicted at once; `None`: as the evaluation does.

        Returns:
            `Predictions`, with `outputs` `(N, columns)`: scores or probabilities.
        """
        encoded = self.inputs.as_samples(samples)
        predictor = Predictor(self.model, self.inputs, encoded, self.compiled, batch_size)
        if name is None:
            return predictor.predict()
        with progress_bar(transient=True) as bar:
            task = bar.add_task(f"evaluating {name}", total=len(encoded))
            return predictor.predict(lambda count: bar.advance(task, count))

    def compiled(self, signature):
        """Return the compiled function of `explaining` for a signature of inputs."""
        key = repr(signature)
        if key not in self._compiled:
            self._compiled[key] = explaining(self.model, self.inputs, signature)
        return self._compiled[key]


def _is_own(settings, data):
    return Path(settings.data or "").resolve() == Path(data).resolve()


def load_run(path, in_float32=False):
    """Load the model that a run has kept.

    Args:
        path: The run folder, or a `RunFolder`.
        in_float32: Whether to compute in float32 where the run was trained in mixed precision.

    Returns:
        A `LoadedRun`.

    Raises:
        FileNotFoundError: If a file of the run is missing.
        ValueError: If one is damaged.

    Example:
        >>> run = load_run("runs/first")
        >>> run.predict({"text": text, "audio": audio, "video": video}).outputs  # (N, 1)
    """
    folder = path if isinstance(path, RunFolder) else RunFolder.open(path)
    announce(f"Loading {folder.best}")
    family, name = folder.family, folder.load_config()["model"]
    with plain_file(folder.best, f"the Keras model of a run, {name}"):
        model = load_model(folder.best, compile=False)
        # The batches of a run hold scaled features.
        model = model.model if isinstance(model, RawFeatureModel) else model
        check_class(model, family)
    if in_float32 and model.dtype_policy.name != "float32":
        model = model_in_float32(model)
    return LoadedRun(folder, model, inputs_class(family).load(folder))


def check_class(model, family):
    """Refuse a model that is of no class of a family."""
    found = "sequences" if isinstance(model, MultimodalModel) else "tables"
    if found != family or not hasattr(model, "explain"):
        raise ValueError(f"a model of the class {type(model).__name__}")


def model_in_float32(model):
    """Return a model with the same weights that computes in float32."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        copy = type(model).from_config(_without_precision(model.get_config()))
        copy.build_from_config(model.get_build_config() or {})
        copy.build(None) if not copy.built else None
    finally:
        keras.config.set_dtype_policy(before)
    copy.set_weights(model.get_weights())
    return copy


def _without_precision(config):
    """Return a config without half precision, also in the models and layers inside."""
    if isinstance(config, (list, tuple)):
        return type(config)(map(_without_precision, config))
    if not isinstance(config, dict):
        return config
    kept = {k: v for k, v in config.items() if k != "dtype" or "float16" not in str(v)}
    return {key: _without_precision(value) for key, value in kept.items()}
