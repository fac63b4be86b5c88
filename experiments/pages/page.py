"""Templates of HTML pages, pictures and scripts."""

from pathlib import Path

import jinja2

TEMPLATES = Path(__file__).parent / "templates"


def page_template(name):
    """Return a template; what is put into it is escaped as in HTML."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)
