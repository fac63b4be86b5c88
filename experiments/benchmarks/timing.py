"""Timing of several contenders in turn, so that other load on the machine affects all of them."""

import statistics
import time
from typing import NamedTuple

TURN_SECONDS = 0.3
MOST_CALLS = 100


class Seconds(NamedTuple):
    """How long a call took: on the clock, and of all threads together on the processors."""

    elapsed: float
    processor: float


def time_in_turn(contenders, rounds):
    """Time each contender once in each round; see `measure_in_turn`.

    Returns:
        Dict from name to a list with the elapsed seconds of one call, in each round.
    """
    found = measure_in_turn(contenders, rounds)
    return {name: [one.elapsed for one in times] for name, times in found.items()}


def measure_in_turn(contenders, rounds):
    """Measure each contender once in each round.

    A measurement begins with a call that is not timed, because the other contenders have changed
    the caches. Timed calls for about `TURN_SECONDS` follow.

    Args:
        contenders: Dict from name to a function without arguments that returns when its
            computation is finished.
        rounds: Number of rounds.

    Returns:
        Dict from name to a list with the `Seconds` of one call, in each round.
    """
    calls = {name: _calls(function) for name, function in contenders.items()}
    seconds = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, function in contenders.items():
            function()
            begin = Seconds(time.perf_counter(), time.process_time())
            for _ in range(calls[name]):
                function()
            end = Seconds(time.perf_counter(), time.process_time())
            spent = [(b - a) / calls[name] for a, b in zip(begin, end, strict=True)]
            seconds[name].append(Seconds(*spent))
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
