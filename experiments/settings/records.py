"""Options of the records that a run keeps."""

import dataclasses

from utils.options import NonNegativeFloat, SettingsGroup, setting


@dataclasses.dataclass
class RecordSettings(SettingsGroup):
    """Records."""

    run_dir: str | None = setting(None, "run folder to make; default runs/MODEL-DATA-TIME")
    checkpoint_minutes: NonNegativeFloat = setting(
        10.0, "time between checkpoints inside an epoch; there is one after each epoch"
    )
    measures: list[str] = setting(
        [], "measures that tables on the screen show; default: the target's", nargs="+"
    )
    tensorboard: bool = setting(
        True, "write events for TensorBoard into the run folder, true or false"
    )
    graph: bool = setting(
        False,
        "write the graph of a prediction for TensorBoard too",
        nargs="?",
        const=True,
        family="sequences",
    )
    mlflow: str | None = setting(
        None, "tracking URI of MLflow to send metrics to, such as sqlite:///mlflow.db"
    )
