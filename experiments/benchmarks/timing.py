"""Timing of several contenders in turn, so that other load on the machine affects all of them."""

import statistics
import time

TURN_SECONDS = 0.3
MOST_CALLS = 100


def time_in_turn(contenders, rounds):
    """Time each contender once in each round.

    A measurement begins with a call that is not timed, because the other contenders have changed
    the caches. Timed calls for about `TURN_SECONDS` follow.

    Args:
        contenders: Dict from name to a function without arguments that returns when its
            computation is finished.
        rounds: Number of rounds.

    Returns:
        Dict from name to a list with the seconds of one call, in each round.
    """
    calls = {name: _calls(function) for name, function in contenders.items()}
    seconds = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, function in contenders.items():
            function()
            started = time.perf_counter()
            for _ in range(calls[name]):
                function()
            seconds[name].append((time.perf_counter() - started) / calls[name])
    return seconds


def _calls(function):
    """Return the number of calls in a measurement; the first call, which compiles, is not timed."""
    function()
    started = time.perf_counter()
    function()
    return min(MOST_CALLS, max(1, round(TURN_SECONDS / (time.perf_counter() - started))))


def medians(seconds):
    """Return a dict from name to the median of its times."""
    return {name: statistics.median(values) for name, values in seconds.items()}
