"""The error for clips that cannot be used."""


class ClipError(ValueError):
    """A clip that cannot be used; the message names the file, the fault and the remedy."""
