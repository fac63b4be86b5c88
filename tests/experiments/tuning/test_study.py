import contextlib
import threading
import types

import pytest
from optuna.trial import TrialState

from experiments.settings import TrainSettings
from experiments.training.interruption import RunStopped
from experiments.tuning.search_space import SearchSpace
from experiments.tuning.storage import StudyStorage
from experiments.tuning.study import Study
from utils.command_line import RunFailed
from utils.measures.class_target import ClassTarget
from utils.measures.score_target import ScoreTarget

BASE = TrainSettings(data="DIR")
SPACE = SearchSpace({"mixup": {"low": 0.0, "high": 1.0}}, BASE)
MAE, F1 = ScoreTarget().criterion, ClassTarget(("a", "b")).criterion


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/study.db"


@pytest.fixture
def open_study():
    """Open studies, and close them at the end."""
    with contextlib.ExitStack() as storages:

        def open_one(url, name="some", criterion=MAE, **options):
            storage = storages.enter_context(StudyStorage(url, name, heartbeat=60))
            return Study(storage, {"space": SPACE.content}, criterion, **options)

        yield open_one


def run(study, total, measure=lambda mixup, on_step: mixup):
    """Let a function of `mixup` stand for the training; return what it was called with."""
    called = []

    def objective(settings, label, on_step):
        called.append(settings.mixup)
        return measure(settings.mixup, on_step)

    ended = []
    study.run(total, SPACE, BASE, types.SimpleNamespace(measure=objective), ended.append)
    return called, ended


def states(study):
    return [trial.state.name for trial in study._study.trials]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_many_workers_run_exactly_the_trials_of_the_study(database, open_study, url, request):
    if database == "postgresql":
        url = request.getfixturevalue("postgresql")
    studies = [open_study(url) for _ in range(4)]
    results = []
    threads = [
        threading.Thread(target=lambda study=study: results.append(run(study, 10)))
        for study in studies
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    called = [value for values, _ in results for value in values]
    numbers = sorted(trial.number for _, ended in results for trial in ended)
    assert len(set(called)) == len(called) == 10
    assert numbers == list(range(10))
    assert states(studies[0]) == ["COMPLETE"] * 10
    assert [t.value for t in studies[0].trials()] == sorted(called)
    assert run(open_study(url), 10) == ([], [])


def test_a_study_of_one_process_repeats_and_goes_on_as_if_never_stopped(open_study, url, tmp_path):
    whole, _ = run(open_study(url, seed=3, startup=3), 8)
    other = f"sqlite:///{tmp_path}/other.db"
    first, _ = run(open_study(other, seed=3, startup=3), 5)
    rest, _ = run(open_study(other, seed=3, startup=3), 8)
    assert first + rest == whole


@pytest.mark.parametrize("criterion", [MAE, F1])
def test_the_best_trial_comes_first(criterion, open_study, url):
    study = open_study(url, criterion=criterion)
    called, _ = run(study, 4)
    values = [trial.value for trial in study.trials()]
    assert values == sorted(called, reverse=criterion.greater_is_better)


@pytest.mark.parametrize("criterion", [MAE, F1])
def test_a_worse_trial_is_pruned_by_its_epochs(criterion, open_study, url):
    def measure(mixup, on_step):
        steps.append(0)
        for epoch in (1, 2):
            on_step(epoch, mixup)
            steps[-1] += 1
        return mixup

    steps = []
    study = open_study(url, criterion=criterion, startup=2)
    run(study, 9, measure)
    assert set(steps) == {0, 2}
    assert states(study)[:2] == ["COMPLETE"] * 2
    assert [n == 0 for n in steps] == [state == "PRUNED" for state in states(study)]
    unpruned = open_study(url, "unpruned", startup=2, pruning=False)
    run(unpruned, 4, measure)
    assert set(states(unpruned)) == {"COMPLETE"}


def test_a_training_that_fails_counts_and_says_why(open_study, url):
    def measure(mixup, on_step):
        raise errors.pop() if errors else RunFailed("the loss became nan")

    errors = [MemoryError("Unable to allocate 8 PiB"), ValueError("`model_dim` is wrong")]
    study = open_study(url)
    run(study, 3, measure)
    faults = [trial.user_attrs["fault"] for trial in study.trials()]
    assert faults[0] == "`model_dim` is wrong" and faults[2] == "the loss became nan"
    assert faults[1].startswith("the memory does not suffice: Unable to allocate 8 PiB.")
    assert states(study) == ["PRUNED"] * 3


@pytest.mark.parametrize(("stop", "code"), [(RunStopped("", 143), 143), (KeyboardInterrupt(), 130)])
def test_a_stopped_trial_is_run_again_and_counted_once(stop, code, open_study, url):
    def measure(mixup, on_step):
        values.append(mixup)
        if len(values) == 2:
            raise stop
        return mixup

    values = []
    with pytest.raises(RunStopped, match="stopped in trial 1, which will be run again") as error:
        run(open_study(url), 3, measure)
    assert error.value.code == code
    study = open_study(url)
    run(study, 3, measure)
    assert values[1] == values[2]
    assert states(study) == ["COMPLETE", "FAIL", "COMPLETE", "COMPLETE"]


def ask(study, **attributes):
    """Begin a trial, as a process does that dies then."""
    study._take_back()
    study._study._thread_local.in_optimize_loop = True
    trial = study._study.ask()
    for name, value in attributes.items():
        trial.suggest_float("mixup", 0, 1)
        trial.set_user_attr(name, value)
    return trial


def test_a_trial_whose_process_died_before_its_first_heartbeat_is_run_again(open_study, url):
    lost = ask(open_study(url), values={})
    again = open_study(url)
    called, _ = run(again, 2)
    assert called[0] == lost.params["mixup"]
    assert states(again) == ["FAIL", "COMPLETE", "COMPLETE"]


def test_a_process_that_died_before_its_values_were_drawn_changes_no_trial(
    open_study, url, tmp_path
):
    whole, _ = run(open_study(f"sqlite:///{tmp_path}/other.db"), 3)
    ask(open_study(url))
    again = open_study(url)
    assert run(again, 3)[0] == whole
    assert states(again) == ["FAIL"] + ["COMPLETE"] * 3


def test_values_are_kept_when_a_process_dies_before_it_has_read_them(open_study, url):
    lost = ask(open_study(url), values={})
    ask(open_study(url))
    called, _ = run(open_study(url), 1)
    assert called == [lost.params["mixup"]]


def test_values_that_kill_their_process_are_given_up_after_three_attempts(open_study, url):
    for _ in range(3):
        study = open_study(url)
        ask(study, values={})
    deadly = {trial.params["mixup"] for trial in study._study.trials}
    assert len(deadly) == 1
    again = open_study(url)
    called, _ = run(again, 2)
    assert not deadly & {*called}
    assert states(again) == ["FAIL"] * 3 + ["PRUNED", "COMPLETE"]
    (value,) = deadly
    fault = f"the process of these values died in each of 3 attempts: {{'mixup': {value}}}"
    assert again.trials()[-1].user_attrs["fault"] == fault


@pytest.mark.parametrize("reports", [True, False])
def test_a_process_that_was_silent_too_long_leaves_its_trial_to_others(reports, open_study, url):
    def measure(mixup, on_step):
        if not values:
            # What another process does when the heartbeats fail to come.
            other.storage.database.set_trial_state_values(1, state=TrialState.FAIL)
            other.storage.database.heartbeat_stale_trial_callback(
                other._study, other._study.trials[0]
            )
        values.append(mixup)
        if reports:
            on_step(1, mixup)
        return mixup

    values = []
    other = open_study(url)
    study = open_study(url)
    _, ended = run(study, 2, measure)
    assert values[0] == values[1]
    assert states(study) == ["FAIL", "COMPLETE", "COMPLETE"]
    assert [trial.number for trial in ended] == [1, 2]


def test_a_study_is_not_mixed_with_other_options(url):
    with StudyStorage(url, "some", heartbeat=60) as storage:
        Study(storage, {"epochs": 3, "seeds": 1}, MAE)
        with pytest.raises(ValueError, match=r"with other options. epochs: 3, now 4. Give the"):
            Study(storage, {"epochs": 4, "seeds": 1}, MAE)
        Study(storage, {"epochs": 3, "seeds": 1}, MAE)
