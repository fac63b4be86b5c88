"""What is in a data set, what is wrong with it, and what to do about that."""

from data.inspect.finding import Finding
from data.inspect.inspection import Inspection, inspect_data

__all__ = ["Finding", "Inspection", "inspect_data"]
