import csv
import re
import shutil

import numpy as np
import pytest

from experiments.explain import main
from experiments.runs.loaded_run import load_run
from tests.conftest import call
from utils.files import read_json


def explained(tmp_path, *arguments):
    path = tmp_path / "explained.json"
    call(main, *arguments, "--output", path)
    return read_json(path)


def test_a_sample_in_the_terminal(trained_run, data_dir, capsys, eagerly):
    call(main, trained_run, "--data", data_dir, "--id", "test_3", "--top", 2)
    output = capsys.readouterr().out
    for words in ("Sample test_3 of the split test", "word, 3", "Contributions to the score"):
        assert words in output
    assert "The 2 largest of" in output and "label" in output and "text/layer_0" in output
    assert "The data does not name the words of its text steps" in output
    assert max(map(len, output.splitlines())) <= 80


def test_json_needs_no_labels_and_has_the_prediction_of_the_run(
    trained_run, own_data_dir, tmp_path, eagerly
):
    labelled = explained(tmp_path, trained_run, "--data", own_data_dir, "--id", "test_3")
    assert "label" in labelled["prediction"]
    for path in own_data_dir.glob("y_*"):
        path.unlink()
    (tmp_path / "explained.json").unlink()
    found = explained(tmp_path, trained_run, "--data", own_data_dir, "--id", "test_3")
    assert [*found["prediction"]] == ["prediction"] and found["text"] == "word, 3"
    run = load_run(trained_run)
    samples = run.read(own_data_dir, "test", labels=False)
    [expected] = run.predict(samples.take([3])).outputs[0]
    [one] = found["contributions"]
    assert one["prediction"] == pytest.approx(expected, abs=1e-5)
    total = sum(row["gradients"] for row in one["inputs"])
    assert total == pytest.approx(one["prediction"] - one["baseline"] - one["remainder"], abs=1e-6)
    assert sum(found["weights"].values()) == pytest.approx(1)
    valid = samples.sequences["audio"][3].any(axis=1)
    steps = [row["steps"] for row in one["steps"] if row["input"] == "audio"]
    assert steps == [[step + 1] for step in np.flatnonzero(valid)]
    assert np.array(found["attention"]["text/layer_0"]["weights"]).shape[1:] == (6, 6)


def test_a_step_of_a_context_window_stays_in_its_place(
    trained_run, own_data_dir, tmp_path, eagerly
):
    options = (trained_run, "--data", own_data_dir, "--id", "test_3")
    found = [explained(tmp_path, *options)["contributions"][0]]
    with (own_data_dir / "index_test.csv").open(newline="") as file:
        heading, *rows = csv.reader(file)
    with (own_data_dir / "index_test.csv").open("w", newline="") as file:
        csv.writer(file).writerows([[*heading, "n_context"], *([*row, 0] for row in rows)])
    found.append(explained(tmp_path, *options, "--overwrite")["contributions"][0])
    assert found[0]["inputs"] == found[1]["inputs"]
    without, in_place = ([row["occlusion"] for row in one["steps"]] for one in found)
    assert without != pytest.approx(in_place, abs=1e-6)


def test_another_modality_can_be_taken_away(trained_run, data_dir, tmp_path, eagerly):
    options = ("--data", data_dir, "--id", "test_3", "--modalities", "audio")
    found = explained(tmp_path, trained_run, *options)
    assert [row["input"] for row in found["contributions"][0]["inputs"]] == ["audio"]


def test_the_predicted_class_or_a_named_one(class_run, class_data, tmp_path, fails, eagerly):
    options = (class_run, "--data", class_data, "--id", "test_1")
    found = explained(tmp_path, *options)
    [one] = found["contributions"]
    assert one["output"] == found["prediction"]["prediction"]
    (tmp_path / "explained.json").unlink()
    [named] = explained(tmp_path, *options, "--of", "2")["contributions"]
    assert named["output"] == "2"
    assert "--of must be one of 0, 1, 2. Received: 'x'" in fails(main, *options, "--of", "x")


def test_fields_and_words_of_a_table(tickets_run, tickets, tmp_path, eagerly):
    table = tmp_path / "changed"
    shutil.copytree(tickets, table)
    found = explained(
        tmp_path, tickets_run, "--data", tickets, "--split", "valid", "--id", "valid-2"
    )
    [one] = found["contributions"]
    assert [row["input"] for row in one["inputs"]] == ["text", "table"] and not found["attention"]
    word = next(row for row in one["steps"] if row["input"] == "text")
    field = next(row for row in one["steps"] if row["name"].startswith("region: "))
    with (table / "valid.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    before = rows[2]
    assert found["text"].split()[0] == word["name"]
    changed = [
        {**before, "text": before["text"].removeprefix(word["name"])},
        {**before, "region": ""},
    ]
    with (table / "valid.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, before)
        writer.writeheader()
        writer.writerows(changed)
    run = load_run(tickets_run)
    samples = run.read(table, "valid")
    outputs = [np.asarray(run.model(batch)) for batch in run.inputs.batches(samples)]
    column = run.target.names.index(one["output"])
    without = np.concatenate(outputs)[:, column]
    expected = one["prediction"] - without
    np.testing.assert_allclose([word["occlusion"], field["occlusion"]], expected, atol=1e-5)


def test_bad_options_are_named(trained_run, data_dir, tmp_path, fails, eagerly):
    options = (trained_run, "--data", data_dir)
    message = fails(main, *options, "--id", "tst_3")
    assert "10 samples of the split test" in message and "Did you mean 'test_3'?" in message
    assert "has no split 'dev'" in fails(main, *options, "--id", "a", "--split", "dev")
    message = fails(main, *options, "--id", "test_3", "--output", tmp_path / "a.txt")
    assert "--output must end with .html or .json" in message
    assert "--top must be at least 1" in fails(main, *options, "--id", "test_3", "--top", 0)


def test_the_page_shows_parts_and_attention(trained_run, data_dir, tmp_path, open_page, eagerly):
    path = tmp_path / "explained.html"
    call(main, trained_run, "--data", data_dir, "--id", "test_3", "--output", path)
    page = open_page(path)
    assert page.complaints == []
    assert page.title() == "Sample test_3"
    assert page.locator(".part.more").count() and page.locator(".part.less").count()
    assert page.locator(".map rect").count()
    assert re.fullmatch(r"[+−]\d\.\d{4}", page.locator(".part").first.get_attribute("title"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    card = page.locator(".card", has=page.get_by_role("heading", name="text", exact=True))
    assert "does not name the words of its text steps" in card.first.inner_text()


def test_the_page_of_a_table_names_its_inputs_alike(tickets_run, tickets, tmp_path, eagerly):
    path = tmp_path / "explained.html"
    options = ("--data", tickets, "--split", "valid", "--id", "valid-2", "--output", path)
    call(main, tickets_run, *options)
    text = path.read_text()
    assert '<th scope="row">table</th>' in text and '<th scope="row">tab</th>' not in text
    assert "does not name" not in text
    assert '<span class="option">--split</span> valid' in text
    assert re.search(r"Contributions to the logit of class [01] \(now −?\d\.\d{3}\)", text)
