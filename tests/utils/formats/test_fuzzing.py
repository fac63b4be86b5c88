"""Readers meet files whose bytes were changed at random; `fuzz_readers` goes further."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.utils.formats.fuzzing import CHANGES, MEMORY, WRITERS, damage, damaged_files
from utils.formats import open_data

NUMBERS = [n.to_bytes(8, "little") for n in (0, 1, 2**16, 2**31, 2**32, 2**63, 2**64 - 1)]
VALUES = st.one_of(st.binary(min_size=1, max_size=8), st.sampled_from(NUMBERS))
DAMAGES = st.lists(
    st.tuples(st.sampled_from(sorted(CHANGES)), st.integers(0, 2**13), VALUES),
    min_size=1,
    max_size=4,
)
EXAMPLES = 200
CUTS = 24


@pytest.fixture(scope="module", autouse=True)
def little_memory():
    """Let readers believe in so little memory that what takes more stands out."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("utils.untrusted.invalid_data.available_memory", lambda: MEMORY)
        yield


@pytest.fixture(scope="module", params=WRITERS)
def files(request, tmp_path_factory):
    return damaged_files(request.param, tmp_path_factory.mktemp(request.param))


def test_the_intact_data_is_read(files):
    for file in files:
        file.check(file.intact)
        assert open_data(file.data).read("train").in_memory


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None)
@given(st.integers(0, 2**8), DAMAGES)
def test_damaged_files_are_read_or_refused(files, number, changes):
    file = files[number % len(files)]
    file.check(damage(file.intact, changes))


def test_files_that_end_early_are_read_or_refused(files):
    for file in files:
        for cut in range(CUTS):
            file.check(file.intact[: len(file.intact) * cut // CUTS])
