"""Progress bars of long work, drawn on a terminal alone."""

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
    """The speed of a task, in units a second."""

    def __init__(self, unit):
        super().__init__()
        self.unit = unit

    def render(self, task):
        """Return the speed as text."""
        speed = task.finished_speed or task.speed
        return Text(f"{'?' if speed is None else f'{speed:,.0f}'} {self.unit}/s")


def progress_bar(unit="samples", transient=False):
    """Return a bar with the amount that is done, its rate and the time left; a context manager.

    Args:
        unit: What its tasks count.
        transient: Whether it vanishes at the end.
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
