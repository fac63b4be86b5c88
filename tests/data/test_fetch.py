import subprocess
import sys

import pytest
import yaml

from data.fetch import Entry, PublishedFile, __main__, load_catalogue
from data.fetch.download import HUB
from tests.conftest import call
from tests.data.hub import CONTENT, PATH, SHA256, served

main = __main__.main


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with served() as site:
        monkeypatch.setenv("HF_ENDPOINT", site.endpoint)
        yield site


@pytest.fixture
def options(tmp_path):
    """Options of a command that downloads from the test server."""
    catalogue = tmp_path / "catalogue.yaml"

    def write(**changes):
        file = {"name": "data.bin", "url": HUB + PATH, "sha256": SHA256, "sha256_source": "a test"}
        entry = {"title": "a set", "files": [file | changes]}
        entry |= {"by_hand": "Get it.", "then": "Look at {output}, {file}."}
        catalogue.write_text(yaml.safe_dump({"set": entry}))
        return ["set", f"--catalogue={catalogue}", f"--output={tmp_path / 'out'}"]

    return write


def names(directory):
    return sorted(p.name for p in directory.iterdir())


def test_the_command_downloads_and_then_finds_the_file_there(site, options, tmp_path, capsys):
    call(main, *options())
    assert (tmp_path / "out" / "data.bin").read_bytes() == CONTENT
    output = capsys.readouterr().out
    assert "is complete, with the published SHA-256" in output
    assert f"Look at {tmp_path / 'out'}, {tmp_path / 'out' / 'data.bin'}." in output
    assert "Get it." not in output
    call(main, *options())
    assert "is there, with the published SHA-256" in capsys.readouterr().out
    assert len(site.asked) == 1


def test_the_command_leaves_another_file_of_that_name_alone(site, options, tmp_path, fails):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "data.bin").write_text("mine")
    error = fails(main, *options())
    assert "is not the published file" in error and "left as it is" in error
    assert (tmp_path / "out" / "data.bin").read_text() == "mine" and site.asked == []


def test_a_failed_command_tells_another_way_and_leaves_no_empty_folder(
    site, options, tmp_path, fails, monkeypatch
):
    told = []
    monkeypatch.setattr(__main__, "_tell", told.append)
    site.status = 404
    assert "HTTP 404" in fails(main, *options())
    assert told[-1] == "Get it."
    assert names(tmp_path) == ["catalogue.yaml"]


def test_an_interrupt_keeps_the_part(site, options, tmp_path, fails, monkeypatch, capsys):
    def interrupt(url, file, **options):
        file.write(CONTENT[:100])
        raise KeyboardInterrupt

    monkeypatch.setattr("huggingface_hub.file_download.http_get", interrupt)
    assert "interrupted" in fails(main, *options(), code=130)
    (part,) = (tmp_path / "out").iterdir()
    assert part.suffix == ".part" and part.read_bytes() == CONTENT[:100]


def test_an_output_that_is_a_file_is_refused(options, tmp_path, fails):
    (tmp_path / "out").write_text("mine")
    assert "--output must name an existing or a new folder" in fails(main, *options())
    assert (tmp_path / "out").read_text() == "mine"


def test_files_got_by_hand_are_verified(options, tmp_path, capsys, fails):
    with pytest.raises(SystemExit) as stopped:
        call(main, *options(url=""))
    told = capsys.readouterr()
    assert "Get it." in told.out and stopped.value.code == 2
    assert f"{tmp_path / 'out'} must hold the files of set. Expected: data.bin." in told.err
    assert names(tmp_path) == ["catalogue.yaml"]
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "data.bin").write_bytes(CONTENT)
    call(main, *options(url=""))
    assert "with the published SHA-256" in capsys.readouterr().out
    (tmp_path / "out" / "data.bin").write_bytes(CONTENT[1:])
    assert f"Expected: SHA-256 {SHA256} (a test)" in fails(main, *options(url=""))


def test_a_file_without_checksum_is_said_to_be_unverified(options, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "data.bin").write_bytes(CONTENT)
    call(main, *options(url="", sha256="", sha256_source=""))
    assert "cannot be verified" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "must be one of mosi-aligned"),
        (["mosi"], "Received: 'mosi'"),
        (["mosi-aligned"], "--output must name the folder"),
        (["mosi-aligned", "--catalogue=none.yaml"], "Missing file none.yaml"),
    ],
)
def test_a_refused_option_is_named(fails, arguments, message):
    assert message in fails(main, *arguments)


def test_the_list_and_instructions_need_no_folder(capsys):
    call(main, "--list")
    output = capsys.readouterr().out
    assert all(name in output for name in load_catalogue())
    call(main, "mosi-csd")
    assert "immortal.multicomp.cs.cmu.edu/CMU-MOSI/acoustic" in capsys.readouterr().out


def test_the_catalogue_downloads_only_what_has_a_cited_checksum():
    entries = load_catalogue().values()
    files = [file for entry in entries for file in entry.files]
    assert any(file.url for file in files)
    for file in files:
        assert (file.sha256 and file.sha256_source) or not file.url
    assert all(entry.by_hand and entry.then for entry in entries)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sha256": "abc"}, "sha256 must be 64 digits"),
        ({"name": "../data.bin"}, "name must be a plain file name"),
        ({"sha256_source": ""}, "sha256_source must say where"),
        ({"url": "ftp://x/y"}, "url must start with"),
        ({"sha256": "", "sha256_source": ""}, "url must start with"),
        ({"colour": "red"}, "Received: colour, name"),
    ],
)
def test_a_faulty_catalogue_is_refused(options, fails, changes, message):
    error = fails(main, *options(**changes))
    assert message in error and "catalogue.yaml, set, file 0," in error


@pytest.mark.parametrize("text", ["", "[1, 2]", "a: [", "a: {title: x, files: []}", "a: 1"])
def test_a_catalogue_of_another_form_is_refused(tmp_path, fails, text):
    (tmp_path / "c.yaml").write_text(text)
    assert "c.yaml" in fails(main, "a", f"--catalogue={tmp_path / 'c.yaml'}")


def test_an_entry_knows_whether_it_is_downloaded():
    entry = Entry("a", "b", (PublishedFile("x"), PublishedFile("y", url="http://z")))
    assert entry.downloads


def test_the_command_runs_without_tensorflow():
    code = (
        "import sys; from data.fetch.__main__ import main; main(); import data.prepare.__main__; "
        "assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, "--list"], check=True, stdout=subprocess.DEVNULL)
