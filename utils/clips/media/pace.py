"""Whether the pictures of a clip follow each other at a steady rate."""

from collections import Counter

OFF, LEAST_OFF = 0.1, 2  # share of the usual interval, milliseconds: rounded times are off by 1
UNEVEN = 0.05  # share of the intervals


class Pace:
    """Counts the intervals between pictures. What a file announces as its rate may be wrong."""

    def __init__(self):
        self._first = self._latest = 0.0
        self._count = 0
        self._intervals = Counter()

    def add(self, time):
        """Count a picture at a time in seconds."""
        if self._count:
            self._intervals[round(1000 * (time - self._latest))] += 1
        else:
            self._first = time
        self._latest = time
        self._count += 1

    def notes(self):
        """Return a sentence if the rate varies, in a list; else an empty list."""
        count = self._intervals.total()
        if not count or self._latest <= self._first:
            return []
        usual = self._intervals.most_common(1)[0][0]
        most = max(OFF * usual, LEAST_OFF)
        off = sum(n for interval, n in self._intervals.items() if abs(interval - usual) > most)
        if off <= UNEVEN * count:
            return []
        rate = count / (self._latest - self._first)
        return [f"The frame rate varies; it is {rate:.1f} a second on average."]
