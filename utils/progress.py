"""Progress bars, shown only on a terminal, and the time that work still takes."""

import math
import time

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from utils.command_line import console

BAR_WIDTH = 20
REDRAWN = {"refresh_per_second": 4, "console": console}


class RateColumn(ProgressColumn):
    """Shows the speed of a task in units per second, of a slow one in units per minute."""

    def __init__(self, unit):
        super().__init__()
        self.unit = unit

    def render(self, task):
        """Return the speed as text."""
        speed = task.finished_speed or task.speed
        if speed is not None and speed < 1:
            return Text(f"{60 * speed:,.1f} {self.unit}/min")
        return Text(f"{'?' if speed is None else f'{speed:,.0f}'} {self.unit}/s")


def progress_bar(unit="samples", transient=False):
    """Make a progress bar with count, speed and remaining time.

    Args:
        unit: The unit that its tasks count, in the plural.
        transient: Whether the bar disappears at the end.

    Returns:
        A `rich.progress.Progress`, which is a context manager.
    """
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(BAR_WIDTH),
        MofNCompleteColumn(),
        RateColumn(unit),
        TimeRemainingColumn(),
        transient=transient,
        disable=not console.is_terminal,
        **REDRAWN,
    )


class TimeLeft:
    """Estimates the time that equal pieces of work still take.

    A piece that ends within a second of the one before was finished by an earlier start of the
    command, and tells nothing about the time.

    Args:
        total: Number of pieces.
        processes: How many are done at a time.
        ended: How many had ended before.
        clock: Returns the time in seconds.
    """

    def __init__(self, total, processes=1, ended=0, clock=time.monotonic):
        self.total = total
        self.processes = processes
        self.clock = clock
        self.started = self.last = clock()
        self.ended, self.worked = ended, 0

    def count(self):
        """Count a piece that has ended.

        Returns:
            How many have ended, and how long the others take: `"3 of 8, about 5 minutes left"`.
        """
        now = self.clock()
        self.ended += 1
        self.worked += now - self.last >= 1
        self.last = now
        told = f"{self.ended} of {self.total}"
        left = self.total - self.ended
        if not left or not self.worked:
            return told
        # The pieces that run at the same time as the first are nearly done.
        done = self.processes * math.ceil(self.worked / self.processes)
        pieces = max(0, left + self.worked - done)
        return f"{told}, {in_words((now - self.started) * pieces / done)} left"


def in_words(seconds):
    """Return a duration, rounded: `"about 40 seconds"`."""
    if seconds < 90:
        return f"about {10 * max(1, round(seconds / 10))} seconds"
    if seconds < 90 * 60:
        return f"about {round(seconds / 60)} minutes"
    return f"about {seconds / 3600:.1f} hours"
