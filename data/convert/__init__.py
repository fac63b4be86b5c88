"""Conversion of any readable data into a format that streams."""
