"""What the web page asks the process that scores, and what comes back."""

import dataclasses
from pathlib import Path

# A longer text is another task than a sentence that someone types.
MOST_LETTERS = 5000


@dataclasses.dataclass(frozen=True)
class Question:
    """A recording or a text to score.

    Attributes:
        path: The `Path` of the recording; `None`: the text is to be scored.
        text: The text; of a recording its transcript, or nothing.
    """

    path: Path | None
    text: str = ""


@dataclasses.dataclass(frozen=True)
class Answer:
    """The answer to a `Question`.

    Attributes:
        page: An HTML page that needs no other file; empty if it failed.
        failure: Why it failed; empty if it did not.
    """

    page: str = ""
    failure: str = ""
