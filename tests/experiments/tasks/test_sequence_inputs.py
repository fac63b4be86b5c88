import numpy as np

from experiments.tasks.sequence_inputs import SequenceInputs
from tests.utils.texts.test_text_steps import TOKENIZER, make_split
from utils.measures.score_target import ScoreTarget
from utils.texts import TextSteps


def test_absent_modalities_have_one_step_whether_or_not_the_text_had_features():
    split = make_split()
    steps = TextSteps.fit(split, TOKENIZER)
    inputs = SequenceInputs(ScoreTarget(), None, ["text"], steps)
    with_features = make_split(valid=np.zeros((4, 3))).completed({"text": 7})
    assert with_features.lengths == {"text": 3, "audio": 3, "video": 3}
    found = inputs.encode(with_features)
    assert found.lengths == {"text": 6, "audio": 1, "video": 1}
    assert inputs.encode(split).lengths == found.lengths
