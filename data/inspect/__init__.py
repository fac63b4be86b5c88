"""Describe a data set: content, faults, and advice for each fault."""

from data.inspect.finding import Finding
from data.inspect.inspection import Inspection, inspect_data

__all__ = ["Finding", "Inspection", "inspect_data"]
