"""A study: trials that are chosen by Optuna, shared by any number of processes."""

import contextlib
import dataclasses
import os
import socket
import time
import warnings

import numpy as np
import optuna
from optuna.trial import TrialState

from experiments.training.interruption import RunStopped
from experiments.training.validation import rank
from experiments.tuning.kinds import PLACE
from experiments.tuning.search_space import with_values
from experiments.tuning.storage import run_again, storage_errors
from utils.command_line import RunFailed, console, memory_errors

POLL_SECONDS = 5


class Study:
    """Trials of a search space, stored in a database.

    Args:
        storage: A `StudyStorage`.
        description: What all trials have in common, as JSON has it.
        criterion: The measure of the trials.
        seed: Seed of the choice of values.
        startup: Number of trials that are drawn at random and run to their end.
        pruning: Whether to stop a trial whose criterion is worse than the median of the others at
            its step.

    Raises:
        RunFailed: If the database fails.
        ValueError: If the database holds a study of this name with another description.
    """

    def __init__(self, storage, description, criterion, seed=0, startup=10, pruning=True):
        self.storage = storage
        self.criterion = criterion
        self.seed = seed
        self.startup = startup
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._pruning = pruning
        with storage_errors(), storage.lock():
            self._study = optuna.create_study(
                storage=storage.database,
                study_name=storage.study,
                load_if_exists=True,
                direction="maximize" if criterion.greater_is_better else "minimize",
                pruner=optuna.pruners.MedianPruner(n_startup_trials=startup),
            )
            known = self._study.user_attrs.get("description")
            if known is None:
                self._study.set_user_attr("description", description)
            elif known != description:
                raise ValueError(_difference(storage.study, known, description))

    def run(self, total, space, settings, objective, on_trial):
        """Work on the study until it has as many trials as it shall have.

        A trial whose process died or was stopped does not count, and is run again. One whose
        training failed counts, as pruned.

        Args:
            total: Number of trials of the study, over all processes.
            space: The `SearchSpace`.
            settings: `TrainSettings` of everything else.
            objective: An `Objective`.
            on_trial: Called, one process at a time, after each trial of this one, with it.

        Raises:
            RunFailed: If the database fails.
            RunStopped: If a signal came.
        """
        with storage_errors():
            while self._wait_for_turn(total):
                with contextlib.ExitStack() as choosing:
                    choosing.enter_context(self.storage.lock())
                    if not self._is_turn(total):
                        continue
                    trial = self._run_one(space, settings, objective, choosing)
                if trial is not None:
                    with self.storage.lock():
                        on_trial(trial)

    def requeue(self):
        """Queue the trials again that are under way, where no other process can be at work."""
        with storage_errors(), self.storage.lock():
            for trial in self._study.get_trials(states=(TrialState.RUNNING,)):
                self._study.tell(trial.number, state=TrialState.FAIL)
                run_again(self._study, trial)

    def trials(self):
        """Return the trials that count: those run to their end, the best first, then the others."""
        kept = [t for t in self._study.get_trials(deepcopy=False) if t.state != TrialState.FAIL]
        return sorted(kept, key=lambda trial: (self._rank(trial), trial.number))

    def _rank(self, trial):
        return rank(trial.value, self.criterion) if is_complete(trial) else np.inf

    def _wait_for_turn(self, total):
        """Return whether there is a trial to run, once nobody else works on the last ones."""
        told = False
        while True:
            with self.storage.lock():
                if self._is_turn(total):
                    return True
                running = [t for t in self.trials() if t.state == TrialState.RUNNING]
            if not running:
                return False
            if not told:
                numbers = ", ".join(str(trial.number) for trial in running)
                console.print(f"Waiting for what other processes run: trial {numbers}.")
                told = True
            time.sleep(min(POLL_SECONDS, self.storage.database.heartbeat_interval))

    def _is_turn(self, total):
        """Whether a trial is waiting or may be added; to be asked under the lock."""
        self._take_back()
        trials = self.trials()
        return len(trials) < total or any(t.state == TrialState.WAITING for t in trials)

    def _take_back(self):
        """Queue the trials again whose process is dead."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            optuna.storages.fail_stale_trials(self._study)
        for trial in self._study.get_trials(states=(TrialState.RUNNING,)):
            if "process" not in trial.user_attrs:
                # It died under the lock, before its first heartbeat.
                self._study.tell(trial.number, state=TrialState.FAIL)
                run_again(self._study, trial)

    def _run_one(self, space, settings, objective, choosing):
        """Run the next trial; return it, or `None` if another process was given it meanwhile."""
        # No two trials of a study draw the same numbers, and a study of one process repeats, also
        # one that was stopped: trials that are run again had their turn, and one whose process
        # died before it had its values had none.
        trials = self._study.get_trials(deepcopy=False)
        number = sum("values" in t.user_attrs and "again" not in t.user_attrs for t in trials)
        (seed,) = np.random.SeedSequence([self.seed, number]).generate_state(1)
        self._study.sampler = optuna.samplers.TPESampler(
            n_startup_trials=self.startup, seed=int(seed)
        )
        ended: list[int] = []

        def run(trial):
            values = space.suggest(trial)
            # Without a heartbeat nobody would ever notice that this process has died.
            self.storage.database.record_heartbeat(trial._trial_id)
            trial.set_user_attr("process", f"{socket.gethostname()}, {os.getpid()}")
            trial.set_user_attr("values", values)
            choosing.close()
            try:
                value = self._measure(trial, with_values(settings, values), objective)
            except optuna.TrialPruned:
                ended.append(trial.number)
                raise
            ended.append(trial.number)
            return value

        try:
            self._study.optimize(run, n_trials=1)
        except (ValueError, AssertionError):
            # Optuna's ways to refuse the result of a trial that another process has declared dead.
            if not ended or self._study.trials[ended[0]].state != TrialState.FAIL:
                raise
            told = f"Trial {ended[0]} is run again elsewhere: this process was silent too long."
            console.print(told)
            return None
        return self._study.trials[ended[0]]

    def _measure(self, trial, settings, objective):
        """Return the criterion of a trial."""

        def after(step, value):
            try:
                trial.report(value, step)
            except optuna.exceptions.UpdateFinishedTrialError as refusal:
                raise optuna.TrialPruned from refusal
            if self._pruning and trial.should_prune():
                raise optuna.TrialPruned

        try:
            with memory_errors():
                return objective.measure(settings, f"trial {trial.number}", after)
        except (RunStopped, KeyboardInterrupt) as error:
            with self.storage.lock():
                if self._study.trials[trial.number].state == TrialState.RUNNING:
                    self._study.enqueue_trial(trial.params, user_attrs={"again": True})
            raise RunStopped(
                f"stopped in trial {trial.number}, which will be run again: give the same command "
                "to go on with the study.",
                getattr(error, "code", 130),
            ) from error
        except (RunFailed, ValueError) as error:
            trial.set_user_attr("fault", str(error))
            raise optuna.TrialPruned from error


def describe(task):
    """Return the data, the target and the settings that all trials of a study share.

    Args:
        task: The `Task` of the study.
    """
    settings = dataclasses.asdict(task.settings)
    return {
        "data": task.checksums(task.training_splits()),
        **{name: value for name, value in settings.items() if name not in PLACE},
        "target": task.target.to_json(),
    }


def is_complete(trial):
    """Whether a trial was run to its end."""
    return trial.state == TrialState.COMPLETE


def _difference(name, known, given):
    differing = [key for key in {**known, **given} if known.get(key) != given.get(key)]
    listed = "; ".join(f"{key}: {known.get(key)!r}, now {given.get(key)!r}" for key in differing)
    return (
        f"The study {name} was started with other options. {listed}. Give the same ones to go on, "
        "or start a new study by another --study and --run-dir."
    )
