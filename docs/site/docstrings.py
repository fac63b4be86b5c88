"""Names for sections of docstrings that mkdocstrings knows: an extension of griffe."""

import re

from griffe import Extension

TITLES = {"Call arguments:": "Args: Call arguments", "Example:": "Examples: Example"}
SECTION = re.compile(rf"^({'|'.join(TITLES)})$", re.MULTILINE)


class KnownSections(Extension):
    """Name sections so that they become lists and code."""

    def on_object(self, *, obj, **kwargs):
        """Rename the sections of an object's docstring."""
        if obj.docstring:
            obj.docstring.value = SECTION.sub(lambda found: TITLES[found[1]], obj.docstring.value)
