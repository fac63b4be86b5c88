"""A model to predict with: a run, or an exported model without TensorFlow."""

from pathlib import Path


def open_run(path):
    """Return an `OnnxRun`, or, of a run folder, a `LoadedRun`.

    Args:
        path: An ONNX file of `experiments.export`, or a run folder of `experiments.train`.

    Raises:
        FileNotFoundError: If there is no such file or folder, or it lacks a file.
        ValueError: If it is damaged, or something else.
    """
    if not Path(path).is_dir():
        from experiments.runs.onnx_run import open_onnx

        return open_onnx(path)
    from experiments.runs.run_folder import RunFolder

    folder = RunFolder.open(path)
    # Exported models do without TensorFlow.
    import utils.quiet_tensorflow  # noqa: F401
    from experiments.runs.loaded_run import load_run

    return load_run(folder)
