"""Measuring several contenders in turn, so that what disturbs the machine disturbs all."""

import statistics
import time

TURN_SECONDS = 0.3
MOST_CALLS = 100


def time_in_turn(contenders, rounds):
    """Time each contender once a round.

    A turn is one call that is not measured, since others have used the caches and the cores in
    between, and then calls for about `TURN_SECONDS`.

    Args:
        contenders: From names to functions without arguments that return when all is computed.
        rounds: Number of rounds.

    Returns:
        From each name to the seconds of one call, `rounds` of them.
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
    """Return how many calls make a turn; the first, which compiles, does not count."""
    function()
    started = time.perf_counter()
    function()
    return min(MOST_CALLS, max(1, round(TURN_SECONDS / (time.perf_counter() - started))))


def medians(seconds):
    """Return from each name to the median of its times."""
    return {name: statistics.median(values) for name, values in seconds.items()}
