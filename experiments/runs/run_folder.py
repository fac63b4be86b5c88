"""The folder of one training run: what was asked, what was reached, how it ended."""

import contextlib
import copy
import datetime
import fcntl
import os
import re
import weakref
from pathlib import Path

import yaml

from experiments.runs.keras_file import save_keras
from experiments.runs.metrics_lines import append_line, read_lines, write_lines
from experiments.runs.records import EVALUATION, METADATA, read_record, target_of
from experiments.settings.command_line import checked_config
from experiments.settings.model import KEPT_MODEL, family_of
from utils.command_line import FULL
from utils.files import write_json, write_text
from utils.formats.extraction_file import checked_extraction
from utils.untrusted.plain_file import plain_file

# What a run, or a comparison, can have written before its first measures.
EARLY_FILES = re.compile(
    r"(STATUS|config\.yaml|metadata\.json|normalization\.npz|processing\.json"
    r"|text_steps\.json|tokenizer\.json)(\.partial)?"
    r"|mlflow_run|\.reserve|comparison\.yaml\.partial|tensorboard/events\.out\.tfevents\..+"
)
RESERVED = 2**16  # bytes


class RunFolder:
    """Names and writes the files of a run.

    Attributes:
        path: The folder.
        best: The model that is kept, `best.keras`.
        normalization: The fitted scaling of features, `normalization.npz`.
        processing: The fitted encoding of a text with a table, `processing.json`.
        text_steps: How texts become steps for a text encoder, `text_steps.json`.
        tokenizer: The tokenizer of a text encoder, `tokenizer.json`.
        metrics: The measures of each epoch, `metrics.jsonl`.
        evaluation: The folder of measures and predictions, `evaluation/`.
        robustness: The folder of robustness curves, `robustness/`.
        report: The HTML page, `report.html`.
        unlock: A function that ends `lock`.
        reserve: A file, `.reserve`, that keeps room on the disk for the last status.
        checkpoints: The folder of states to go on from, `checkpoints/`, until the run is finished.
    """

    def __init__(self, path):
        self.path = Path(path)
        self.best = self.path / KEPT_MODEL
        self.normalization = self.path / "normalization.npz"
        self.processing = self.path / "processing.json"
        self.text_steps = self.path / "text_steps.json"
        self.tokenizer = self.path / "tokenizer.json"
        self.metrics = self.path / "metrics.jsonl"
        self.evaluation = self.path / "evaluation"
        self.robustness = self.path / "robustness"
        self.report = self.path / "report.html"
        self.checkpoints = self.path / "checkpoints"
        self.reserve = self.path / ".reserve"
        self.unlock = lambda: None

    @classmethod
    def claim(cls, path):
        """Make a folder, or take one that is there, and lock it.

        Raises:
            FileExistsError: If another process works in it.
            OSError: If it cannot be written.
        """
        run = cls(path)
        with run._writable():
            run.path.mkdir(parents=True, exist_ok=True)
            run.lock()
        return run

    def begin(self, resume=False):
        """Begin a run in this folder, which is locked.

        Args:
            resume: Whether to take over the folder of a run that ended before it measured anything.

        Raises:
            FileExistsError: If the folder holds something else: two runs never share one.
            OSError: If it cannot be written.
        """
        with self._writable():
            if resume:
                self.clear()
                self._check_nothing_else()
            self.check_new()
            self.set_running()

    def _check_nothing_else(self):
        found = sorted(path.name for path in self.path.iterdir())
        if found:
            raise FileExistsError(
                f"The folder {self.path} holds no run to go on with. Expected: the files of a run, "
                f"config.yaml and metadata.json among them. Received: {', '.join(found[:5])}. "
                "Nothing was changed. Choose another --run-dir."
            )

    @contextlib.contextmanager
    def _writable(self):
        try:
            yield
        except OSError as error:
            if not error.errno:
                raise
            raise type(error)(
                f"The run folder {self.path} cannot be written: {error.strerror}. "
                "Expected: a place with room and permission. Choose another --run-dir."
            ) from error

    def clear(self):
        """Remove the files of a run that has measured nothing.

        A folder that holds anything else stays as it is.
        """
        files = [path for path in self.path.glob("*") if path.name != "tensorboard"]
        files += (self.path / "tensorboard").glob("*")
        names = [path.relative_to(self.path).as_posix() for path in files]
        if "STATUS" not in names or not all(map(EARLY_FILES.fullmatch, names)):
            return
        if not self.status.startswith(("running", "failed")):
            return
        for path in sorted(files, key=lambda path: path.name == "STATUS"):
            path.unlink()
        with contextlib.suppress(FileNotFoundError):
            (self.path / "tensorboard").rmdir()

    def remove_early(self):
        """Remove the folder of a run that has measured nothing; see `clear`."""
        self.clear()
        with contextlib.suppress(OSError):  # It holds something else.
            self.path.rmdir()

    def check_new(self):
        """Refuse a folder that holds something.

        Raises:
            FileExistsError: Saying what to do.
        """
        if (self.path / "STATUS").exists():
            raise FileExistsError(
                f"The run folder {self.path} is taken. Expected: a folder that is new. Choose "
                "another --run-dir, remove this one, or go on with it by --resume."
            )
        if self.path.exists() and any(self.path.iterdir()):
            raise FileExistsError(
                f"The folder {self.path} is not empty. Expected: a folder that is new. "
                "Choose another --run-dir."
            )

    def lock(self):
        """Keep other processes from training in this folder, until `unlock` or this object's end.

        Raises:
            FileExistsError: If another process does.
        """
        descriptor = os.open(self.path, os.O_RDONLY)
        self.unlock = weakref.finalize(self, os.close, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FileExistsError(
                f"Another process trains in the run folder {self.path}. Expected: one at a time. "
                "Wait for it, stop it, or choose another --run-dir."
            ) from error

    @classmethod
    def open(cls, path):
        """Open the folder of a run that has a model.

        Raises:
            FileNotFoundError: If it is no run folder, or has no model yet.
        """
        run = cls(path)
        for file in (run.path / "config.yaml", run.best):
            if not file.exists():
                raise FileNotFoundError(
                    f"{run.path} is not a run folder with a model: it has no {file.name}. "
                    "Expected: a folder that `python -m experiments.train` has written."
                )
        return run

    def set_running(self):
        """Write the status `running`, and a reserve of room for the status at the end."""
        self.set_status("running")
        self.reserve.write_bytes(os.urandom(RESERVED))

    def set_status(self, status):
        """Write `running`, `finished` or `failed: why`; on a full disk in place of the reserve."""
        try:
            write_text(self.path / "STATUS", f"{status}\n")
        except OSError as error:
            if error.errno not in FULL:
                raise
            self.reserve.unlink(missing_ok=True)
            write_text(self.path / "STATUS", f"{status}\n")

    @property
    def status(self):
        """What `set_status` wrote last."""
        return (self.path / "STATUS").read_text().strip()

    def save_config(self, config):
        """Write the resolved options as `config.yaml`."""
        write_text(self.path / "config.yaml", yaml.safe_dump(config, sort_keys=False))

    def load_config(self):
        """Read and check `config.yaml`; see `checked_config`.

        Raises:
            FileNotFoundError: If it is missing.
            InvalidData: If it is damaged; the message names the file and the key.
        """
        path = self.path / "config.yaml"
        with plain_file(path, "the options of a run"):
            return copy.deepcopy(checked_config(path.read_text(encoding="utf-8")))

    def save_metadata(self, metadata):
        """Write what the run depends on as `metadata.json`."""
        write_json(self.path / "metadata.json", metadata)

    def load_metadata(self):
        """Read and check `metadata.json`.

        Raises:
            FileNotFoundError: If it is missing.
            InvalidData: If it is damaged, or lacks a key.
        """
        return read_record(self.path / "metadata.json", METADATA)

    @property
    def has_metadata(self):
        """Whether `metadata.json` is there; the folder of a comparison has none."""
        return (self.path / "metadata.json").exists()

    def add_metadata(self, entries):
        """Add entries to `metadata.json`."""
        self.save_metadata({**self.load_metadata(), **entries})

    def load_target(self):
        """Return the `Target` of the run's labels.

        Raises:
            FileNotFoundError: If `metadata.json` is missing.
            InvalidData: If it is damaged.
        """
        path = self.path / "metadata.json"
        return target_of(path, read_record(path, METADATA))

    def load_extraction(self):
        """Return how `data.extract` has made the run's data; `None` of other data.

        Raises:
            FileNotFoundError: If `metadata.json` is missing.
            InvalidData: If it is damaged.
        """
        with plain_file(self.path / "metadata.json", "an extraction, or none"):
            return checked_extraction(self.load_metadata().get("extraction"))

    @property
    def family(self):
        """`"sequences"` or `"tables"`, the family of the run's model."""
        return family_of(self.load_config()["model"])

    def log_metrics(self, values):
        """Append one line to `metrics.jsonl`; see `append_line`."""
        append_line(self.metrics, values)

    def rewrite_metrics(self, entries):
        """Replace `metrics.jsonl` by these lines in one step."""
        write_lines(self.metrics, entries)

    def load_metrics(self):
        """Read the lines of `metrics.jsonl`; see `read_lines`."""
        return read_lines(self.metrics)

    def load_evaluation(self, split):
        """Read and check `evaluation/S.json` of a split S; see `read_record`."""
        return read_record(self.evaluation / f"{split}.json", EVALUATION)

    def save_model(self, model):
        """Replace `best.keras` in one step."""
        save_keras(model, self.best, self.path / "partial.keras")


def default_run_path(model, data):
    """Name a run folder by model, data and time."""
    now = datetime.datetime.now().strftime("%Y%m%d-%H%M%S-%f")[:-3]
    return Path("runs") / f"{model}-{Path(data).resolve().name}-{now}"
