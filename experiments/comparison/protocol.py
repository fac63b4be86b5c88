"""The plan of a comparison, fixed before its first training."""

import dataclasses
from pathlib import Path

import yaml

from experiments.comparison.tables import flat_settings
from experiments.runs.run_folder import RunFolder
from experiments.runs.shared_samples import shared_join
from experiments.settings import TrainSettings
from experiments.tasks.folds import group_values, make_folds
from experiments.tasks.losses import loss_faults
from experiments.tuning.kinds import PLACE
from experiments.tuning.search_space import SearchSpace, with_values
from utils.files import write_text
from utils.untrusted.plain_file import plain_file

FILE = "comparison.yaml"
MOST_TOLD = 4  # differences between the options of two comparisons
NOT_GIVEN = "not given"


@dataclasses.dataclass(frozen=True)
class Protocol:
    """The plan of a comparison.

    Attributes:
        root: The folder of its runs and studies.
        base: `TrainSettings` that all models share.
        settings: From each trained model to its own `TrainSettings`, before tuning.
        left_out: From each model to the shared model arguments that it does not have.
        own: From models to the settings that the user has given to them alone.
        seeds: Number of trainings of each model, on seeds from `base.seed` on.
        trials: Trials of each model's study; 0: none.
        spaces: From each model to its `SearchSpace`; empty without studies.
        threads: Threads of each process.
        group: Column of the samples that belong together, or `None`.
        constant: Whether the constant predictor is compared too.
        reference: The model that the others are compared with.
        resamples: Number of resamples of the bootstrap, or `None` for as many as take seconds.
        recipe: The recipe whose published numbers stand beside the measured ones, or `None`.
        average_seeds: Whether the average of each model's seeds is compared, not each seed.
    """

    root: Path
    base: TrainSettings
    settings: dict[str, TrainSettings]
    left_out: dict[str, list[str]]
    own: dict[str, dict]
    seeds: int
    trials: int
    spaces: dict[str, SearchSpace]
    threads: int
    group: str | None
    constant: bool
    reference: str
    resamples: int | None
    recipe: str | None = None
    average_seeds: bool = False

    @property
    def seed_range(self):
        """The seeds of each model's trainings."""
        return range(self.base.seed, self.base.seed + self.seeds)

    def run_name(self, model, seed):
        """Return the name of a run, and of its folder in `root`."""
        return f"{model}-seed{seed}"

    def runs(self, tuned):
        """Return the `TrainSettings` of each run by name.

        Args:
            tuned: From each model to the values that its study found; empty without studies.
        """
        runs = {}
        for model, settings in self.settings.items():
            best = with_values(settings, tuned.get(model, {}))
            for seed in self.seed_range:
                name = self.run_name(model, seed)
                path = str(self.root / name)
                runs[name] = dataclasses.replace(best, seed=seed, run_dir=path)
        return runs

    def study(self, model):
        """Return the file of a model's study."""
        return self.root / "studies" / f"{model}.db"

    def claim(self, task):
        """Take the folder of the comparison, a new one or the folder of the same comparison.

        Args:
            task: The `Task` of `base`.

        Returns:
            The `RunFolder`, locked as long as it lives.

        Raises:
            FileExistsError: If another process works in it, or it holds something else.
            ValueError: If it holds a comparison with other options or other data, or the options
                do not fit the data.
        """
        self._check(task)
        target = {"target": task.target.to_json()}
        description = {
            **self._description(),
            **target,
            "data": task.checksums(task.training_splits()),
        }
        path = self.root / FILE
        folder = RunFolder.claim(self.root)
        if not path.exists():
            folder.begin(resume=not folder.has_metadata)
            write_text(path, yaml.safe_dump(description, sort_keys=False))
            return folder
        with plain_file(path, "the options of a comparison"):
            known = yaml.safe_load(path.read_text(encoding="utf-8"))
            if not isinstance(known, dict):
                raise ValueError("no options")
        # Comparisons of before had the seeds from 0 on, and did not write them down.
        known = {"seed": 0, **known}
        if known != description:
            raise ValueError(_difference(self.root, known, description))
        folder.set_running()
        return folder

    def _check(self, task):
        """Refuse options that do not fit the data."""
        faults = [f for one in self.settings.values() for f in loss_faults(one, task.target)]
        known = task.target.overall
        unknown = [name for name in self.base.measures if name not in known]
        if unknown:
            faults.append(
                f"--measures must be of {', '.join(known)}. Received: {', '.join(unknown)}."
            )
        if faults:
            raise ValueError(" ".join(dict.fromkeys(faults)))
        if self.base.cross_validates:
            make_folds(task, shared_join(task))
        elif self.group is not None:
            group_values(task, shared_join(task, ("valid",)), self.group)

    def _description(self):
        """Return the options that the runs depend on, as YAML has them."""
        shared = dataclasses.asdict(self.base)
        return {
            "models": [*self.settings],
            "seeds": self.seeds,
            "trials": self.trials,
            "space": {model: space.content for model, space in self.spaces.items()},
            "model_settings": self.own,
            "threads": self.threads,
            **{k: v for k, v in shared.items() if k not in ("model", *PLACE)},
        }


def _difference(root, known, given):
    """Return what to say of a folder with another comparison; of many differences, the first."""
    faults = ["--data has other content"] if known.get("data") != given["data"] else []
    before, now = (flat_settings({**one, "data": None}) for one in (known, given))
    for name in {**before, **now}:
        old, new = (one.get(name, NOT_GIVEN) for one in (before, now))
        faults += [f"{name}: {_in_words(old)}, now {_in_words(new)}"] if old != new else []
    if len(faults) > MOST_TOLD:
        faults[MOST_TOLD:] = [f"and {len(faults) - MOST_TOLD} more"]
    return (
        f"The comparison in {root} was started with other options. {'; '.join(faults)}. Give the "
        "same ones to go on, or start another in a new --run-dir."
    )


def _in_words(value):
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
