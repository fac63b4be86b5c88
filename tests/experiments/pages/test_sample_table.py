import json

import numpy as np
import pytest

from experiments.pages.explanation import AttentionMaps
from experiments.pages.predictions import DATA_BYTES, EvaluatedSplit, page_data


def make_split(path, count):
    rng = np.random.default_rng(0)
    labels, scores = rng.uniform(-3, 3, (2, count)).round(4)
    lines = [
        f"sample-{i},{i % 50},{label},{score},情感</script>分析 {i}"
        for i, (label, score) in enumerate(zip(labels, scores, strict=True))
    ]
    path.write_text("\n".join(["id,length,label,prediction,text", *lines]) + "\n")
    return EvaluatedSplit(path)


@pytest.mark.parametrize("count", [40, 90_000])
def test_a_page_holds_as_many_samples_as_fit(tmp_path, count):
    split = make_split(tmp_path / "test_predictions.csv", count)
    worst, best = np.argmax(split.errors), np.argmin(split.errors)
    attention = AttentionMaps([{"name": "a"}], {worst: "w", best: "b"}, {worst: {}, best: {}})
    text = page_data(split, attention)
    assert len(text.encode()) <= DATA_BYTES and "</" not in text
    content = json.loads(text)
    columns = content["columns"]
    assert content["samples"] == count
    listed = len(columns["id"])
    assert listed == count if count == 40 else 20_000 < listed < count
    assert {len(values) for values in columns.values()} == {listed}
    numbers = [int(name.removeprefix("sample-")) for name in columns["id"]]
    assert numbers == sorted(set(numbers))
    np.testing.assert_allclose(columns["label"], split.labels[numbers])
    assert columns["length"] == split.lengths[numbers].tolist()
    ten = {*np.argsort(split.errors)[:10], *np.argsort(split.errors)[-10:]}
    assert ten <= set(numbers)
    assert content["attention"] == {
        str(numbers.index(worst)): "w",
        str(numbers.index(best)): "b",
    }
