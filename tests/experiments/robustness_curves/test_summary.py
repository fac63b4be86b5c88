import numpy as np
import pytest

from experiments.robustness_curves.evaluation import RunCurves
from experiments.robustness_curves.imperfections import (
    Imperfection,
    sequence_imperfections,
    table_imperfections,
)
from experiments.robustness_curves.summary import summarise
from models.measures import mean_absolute_error
from utils.batches.perturbation import Perturbation

MAE = mean_absolute_error()
NOISE = Imperfection(Perturbation("noise", ("text",)), (0.0, 0.5, 1.0))
MISSING = Imperfection(Perturbation("missing modalities", ("text",)), (1.0,))


def run(clean, noisy, missing):
    curves = {NOISE: {"MAE": np.array([clean, *noisy])}, MISSING: {"MAE": np.array([missing])}}
    return RunCurves("run", 0, {"MAE": clean}, curves)


RUNS = [run(1.0, (2.0, 3.0), 4.0), run(3.0, (4.0, 7.0), 6.0)]


def test_measures_are_those_of_each_run():
    late_fusion = [run(0.0, (1.0, 4.0), 2.0), run(2.0, (3.0, 6.0), 4.0)]
    summary = summarise(RUNS, NOISE, MAE, late_fusion)
    assert summary.clean.tolist() == [1, 3]
    assert summary.strongest.tolist() == [3, 7]
    assert summary.measures["area"].tolist() == [2.0, 4.5]
    assert summary.measures["relative"].tolist() == [-2.0, -4.5]
    # The mean late fusion 1, 2, 5 begins at 1 and at 3: differences 0, -2 and 0, 0, halved.
    assert summary.measures["effective"].tolist() == [1.0, 0.0]
    assert list(summary.columns()) == ["clean", "strongest", "area", "relative", "effective"]


def test_what_has_no_curve_has_no_area():
    summary = summarise(RUNS, MISSING, MAE, RUNS)
    assert summary.strongest.tolist() == [4, 6]
    assert summary.measures == {}
    assert "effective" not in summarise(RUNS, NOISE, MAE).measures


def test_every_modality_and_pair_is_missing_once():
    imperfections, notes = sequence_imperfections(("text", "audio", "video"), (0.0, 0.9), 2)
    missing = [i.inputs for i in imperfections if i.kind == "missing modalities"]
    assert missing == ["text", "audio", "video", "text+audio", "text+video", "audio+video"]
    for kind in ("missing steps", "noise"):
        scopes = [i.inputs for i in imperfections if i.kind == kind]
        assert scopes == ["all", "text", "audio", "video"]
    assert imperfections[-1].levels == pytest.approx((-2, -1, 0, 1, 2))
    assert len(set(imperfections)) == len(imperfections) == 6 + 4 + 4 + 1 + 1
    assert notes == []


def test_modalities_that_no_run_uses_are_not_tested():
    imperfections, notes = sequence_imperfections(("audio", "video"), (0.0, 0.9), 2)
    assert {i.inputs for i in imperfections} == {"audio", "video", "audio+video"}
    assert [i.kind for i in imperfections if i.inputs == "audio+video"] == [
        "missing steps",
        "noise",
    ]
    assert notes == ["The runs use audio and video: there are no tokens that could be unknown."]
    imperfections, notes = sequence_imperfections(("text",), (0.0, 0.9), 2)
    kinds = [(i.kind, i.inputs) for i in imperfections]
    assert kinds == [("missing steps", "text"), ("noise", "text"), ("unknown tokens", "text")]
    assert len(notes) == 2 and "no modality can be missing" in notes[0]


def test_each_field_of_a_table_is_missing_once():
    imperfections, notes = table_imperfections(("age", "plan"), (0.0, 0.9))
    assert [(i.kind, i.inputs, i.has_curve) for i in imperfections] == [
        ("missing inputs", "text", False),
        ("missing inputs", "table", False),
        ("missing field", "age", False),
        ("missing field", "plan", False),
        ("unknown tokens", "text", True),
    ]
    assert notes == ["A text with a table has no steps to miss, to disturb by noise, or to shift."]
    imperfections, notes = table_imperfections((), (0.0, 0.9))
    assert len(imperfections) == 1 and "no fields" in notes[1]
