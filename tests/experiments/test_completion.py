import shlex
import shutil
import subprocess

import pytest

from experiments.completion import command_parsers, completion_script, main
from models import MODELS, TEXT_TABULAR_MODELS

# Without a PATH: the script asks no program, Python least of all.
BASH = shutil.which("bash")
ASK = """
source {script}
COMP_WORDS=({words})
COMP_CWORD={last}
_msa_tf2
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    path = tmp_path_factory.mktemp("completion") / "script"
    path.write_text(completion_script("bash", command_parsers()))
    return path


@pytest.fixture
def complete(script):
    """Return what bash offers for the last of some words."""

    def ask(*words):
        words = ["python", "-m", *words]
        text = ASK.format(script=script, words=shlex.join(words), last=len(words) - 1)
        shell = subprocess.run(
            [BASH, "-euc", text], capture_output=True, text=True, check=True, env={"PATH": ""}
        )
        return shell.stdout.split()

    return ask


def test_commands_are_completed(complete):
    assert complete("experiments.tr") == ["experiments.train"]
    assert {"data.inspect", "data.convert"} <= {*complete("data.")}


def test_options_are_completed(complete):
    assert complete("experiments.train", "--sch") == ["--schedule"]
    assert "--max-categories" in complete("experiments.train", "--model", "moe", "--")
    assert complete("data.convert", "source", "--sh") == ["--shards"]


def test_values_of_options_are_completed(complete):
    assert complete("experiments.train", "--loss", "hu") == ["huber"]
    assert complete("experiments.train", "--model", "") == [*MODELS, *TEXT_TABULAR_MODELS]
    assert complete("experiments.compare", "--models", "seqlevel", "con") == ["constant"]
    assert complete("experiments.train", "--stream", "") == ["true", "false"]
    assert complete("data.fetch", "mosi-a") == ["mosi-aligned"]


def test_an_option_of_several_values_goes_on(complete):
    assert complete("experiments.train", "--modalities", "text", "au") == ["audio"]
    # One with one value does not: files come next.
    assert complete("experiments.train", "--loss", "mae", "") == []


def test_values_of_arguments_without_a_name_are_completed(complete):
    assert complete("experiments.completion", "") == ["bash", "zsh"]


def test_other_programs_are_left_alone(complete):
    assert complete("http.server", "--") == []


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not here")
def test_zsh_completes_by_the_same_lists(tmp_path):
    path = tmp_path / "script"
    path.write_text(completion_script("zsh", command_parsers()))
    text = f"""
    source {path}
    [[ $_comps[python] == *_msa_tf2* ]] || exit 1
    emulate sh
    {ASK.format(script=path, words="python -m experiments.train --jit ''", last=4)}
    """
    shell = subprocess.run(
        ["zsh", "-fc", text],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
    )
    assert shell.stdout.split() == ["auto", "on", "off"]


def test_an_unknown_shell_is_refused(fails):
    assert "The shell must be bash or zsh. Received: 'fish'." in fails(main, "fish")
