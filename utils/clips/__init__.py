"""From a recording to named values over time."""
