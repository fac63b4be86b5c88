import sys

import pytest

from experiments.tuning.storage import StudyStorage


def open_storage(url):
    return StudyStorage(url, "some study", heartbeat=60)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("study.db", "study.db"),
        ("sqlite://", "sqlite://"),
        ("mysql://me:secret@host/db", "mysql://me:***@host/db"),
        ("postgresql://host", "postgresql://host"),
    ],
)
def test_other_urls_are_refused_without_their_password(url, shown):
    with pytest.raises(ValueError, match="--storage must be sqlite:///FILE or postgresql://") as e:
        open_storage(url)
    assert f"Received: {shown}." in str(e.value)


def test_a_missing_driver_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ValueError, match=r"needs psycopg.*pip install -r requirements-postgresql"):
        open_storage("postgresql://host/db")


def test_a_server_that_does_not_answer(tmp_path):
    with pytest.raises(OSError, match=r"opened.*Received: connection.* Check --storage") as error:
        open_storage(f"postgresql://me:secret@/db?host={tmp_path}")
    assert "secret" not in str(error.value)


def test_files_that_are_no_database_or_cannot_be_made(tmp_path):
    (tmp_path / "text").write_text("This is no database, but long enough to look at." * 30)
    with pytest.raises(OSError, match=r"text cannot be opened.* Received: file is not a database"):
        open_storage(f"sqlite:///{tmp_path}/text")
    with pytest.raises(OSError, match=r"cannot be opened.*Received: Not a directory"):
        open_storage(f"sqlite:///{tmp_path}/text/study.db")
