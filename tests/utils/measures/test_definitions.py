import pytest

from utils.measures.class_target import ClassTarget, LabelsTarget
from utils.measures.definitions import DEFINITIONS
from utils.measures.score_target import ScoresTarget, ScoreTarget


@pytest.mark.parametrize(
    "target",
    [
        *(ScoreTarget(low=low, high=high) for low, high in ((-3, 3), (-1, 1), (1, 5))),
        ScoresTarget(names=("warm", "loud"), low=1, high=7),
        *(ClassTarget(names=tuple(names)) for names in ("ab", "abc")),
        LabelsTarget(names=("a", "b")),
    ],
    ids=lambda target: target.describe(),
)
def test_every_measure_in_tables_has_a_definition(target):
    assert {*target.overall} <= DEFINITIONS.keys()
