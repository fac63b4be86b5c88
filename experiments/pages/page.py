"""Templates of HTML pages, pictures and scripts."""

import re
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from experiments.pages.minus_sign import with_minus
from utils.measures.definitions import DEFINITIONS

TEMPLATES = Path(__file__).parent / "templates"
# After these a name or path may go on in the next line; within a number no line ends.
BREAKS = re.compile(r"[_/]|(?<!\d)\.(?!\d)")
WHOLE = 7  # letters of names that have room everywhere
OPTION = re.compile(r"(?<!\S)--?[a-z][\w.-]*")


def page_template(name):
    """Return a template; what is put into it is escaped as in HTML.

    It has three filters of its own: `minus`, see `with_minus`; `breakable`, which lets the lines of
    a name or path end after `_`, `/` and `.` where it does not fit; and `command`, of which no line
    ends within an option such as `--run-dir`. It knows the `definitions` of measures.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["definitions"] = DEFINITIONS
    environment.filters |= {"minus": with_minus, "breakable": _breakable, "command": _command}
    return environment.get_template(name)


def _breakable(text):
    if len(text) <= WHOLE:
        return text
    return Markup(BREAKS.sub(lambda found: f"{found[0]}<wbr>", str(escape(text))))


def _command(text):
    option = '<span class="option">{}</span>'.format
    return Markup(OPTION.sub(lambda found: option(found[0]), str(escape(text))))
