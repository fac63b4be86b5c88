import contextlib
import time

import pytest

from utils.time_limit import time_limit


def test_work_that_takes_too_long_ends_with_the_error():
    with pytest.raises(ValueError, match="too slow"), time_limit(0.05, ValueError("too slow")):
        time.sleep(5)


def test_an_error_that_is_lost_is_raised_again(monkeypatch):
    monkeypatch.setattr("utils.time_limit.AGAIN", 0.05)
    with pytest.raises(ValueError, match="too slow"), time_limit(0.05, ValueError("too slow")):
        with contextlib.suppress(ValueError):
            time.sleep(5)
        time.sleep(5)


def test_quick_work_is_not_disturbed_later():
    with time_limit(0.05, ValueError("too slow")):
        found = 1
    time.sleep(0.1)
    assert found == 1
