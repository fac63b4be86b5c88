"""Description of a data set: its content, its faults, and advice for each fault."""

from data.inspect.finding import Finding
from data.inspect.inspection import Inspection, inspect_data

__all__ = ["Finding", "Inspection", "inspect_data"]
