"""The folder of uploads: found, deleted, and nothing else."""

import os

import pytest

from experiments.demonstration.uploads import Uploads


@pytest.fixture
def uploads():
    uploads = Uploads()
    yield uploads
    uploads.close()
    assert not uploads.path.exists()


def sent(uploads, name="clip.mp4", folder="a1", content=b"123"):
    path = uploads.path / folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


def test_an_upload_is_deleted_with_all_beside_it(uploads):
    path, other = sent(uploads), sent(uploads, folder="b2")
    sent(uploads, "made_from_it.mp4")
    assert uploads.find(str(path)) == path and uploads.size() > 9
    uploads.remove(path)
    assert list(uploads.path.iterdir()) == [other.parent]
    with pytest.raises(ValueError, match="Received: none, or one that was deleted"):
        uploads.find(path)


def test_other_files_of_the_machine_are_no_uploads(uploads, tmp_path):
    secret = tmp_path / "secret.mp4"
    secret.write_text("secret")
    link = sent(uploads).with_name("link.mp4")
    link.symlink_to(secret)
    loose = uploads.path / "loose.mp4"
    loose.touch()
    outside = uploads.path / "a1" / ".." / ".." / tmp_path.name / "secret.mp4"
    for path in (secret, link, loose, outside, uploads.path / "a1", "", "http://a.b/c.mp4"):
        with pytest.raises(ValueError, match="must have been uploaded here"):
            uploads.find(path)


def test_abandoned_uploads_are_deleted_after_their_time(uploads):
    old, fresh, part = sent(uploads), sent(uploads, folder="b2"), uploads.path / "tmp1"
    part.touch()
    for path in (old.parent, part):
        os.utime(path, (1, 1))
    uploads.remove_old(3600)
    assert list(uploads.path.iterdir()) == [fresh.parent]
