"""Progress bars, shown only on a terminal."""

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
