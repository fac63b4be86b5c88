"""Pages for the files outside docs/ to which a page links: a hook of MkDocs.

Pages link to any file of the repository by a relative path, as GitHub wants it. MkDocs knows the
files in docs/ alone. This hook gives each other file a page at its own path, and points the links
there. A Markdown file and a notebook are pages already; a source file is shown as code, a folder as
a list.
"""

import re
from pathlib import Path
from posixpath import dirname, join, normpath, relpath

from mkdocs.structure.files import File, InclusionLevel
from nbconvert import MarkdownExporter

ROOT = Path(__file__).parent.parent.parent
LINK = re.compile(r"(?<=\]\()(?!\w+:)([^)#\s]+)")
LANGUAGES = {".py": "python", ".yaml": "yaml", ".cff": "yaml", "": "text", ".txt": "text"}


def on_files(files, config):
    """Add the README, and all files that pages link to."""
    for page in _pages_of("README.md", config):
        files.append(page)
    waiting = list(files.documentation_pages())
    while waiting:
        page = waiting.pop()
        for link in LINK.finditer(page.content_string):
            place = _linked_place(link[1], _place(page))
            if place and _uri(place) not in files.src_uris:
                for found in _pages_of(place, config):
                    files.append(found)
                    waiting += [found] if found.is_documentation_page() else []
    return files


def on_page_markdown(markdown, page, config, files):
    """Point links to the pages of this site."""
    folder = dirname(page.file.src_uri)

    def to_page(link):
        place = _linked_place(link[1], _place(page.file))
        return relpath(_uri(place), folder or ".") if place else link[1]

    return LINK.sub(to_page, markdown)


def _pages_of(place, config):
    """Return the page of a file or folder of the repository, and the pictures in it."""
    path, pictures = ROOT / place, {}
    if path.is_dir():
        text = f"# {place}\n\n" + "".join(
            f"- [{inside.name}]({inside.name})\n"
            for inside in sorted(path.iterdir())
            if inside.name[0] not in "._"
        )
    elif path.suffix == ".md":
        text = path.read_text(encoding="utf-8")
    elif path.suffix == ".ipynb":
        named = {"unique_key": path.stem}  # the names of its pictures
        text, resources = MarkdownExporter().from_filename(str(path), resources=named)
        pictures = resources["outputs"]
    elif path.suffix in LANGUAGES:
        code = path.read_text(encoding="utf-8").rstrip()
        text = (
            f"---\nsearch:\n  exclude: true\n---\n\n# {place}\n\n"
            f"````{LANGUAGES[path.suffix]}\n{code}\n````\n"
        )
    else:
        return [_generated(config, place, abs_src_path=str(path))]
    return [
        _generated(config, _uri(place), content=text),
        *(
            _generated(config, join(dirname(_uri(place)), name), content=picture)
            for name, picture in pictures.items()
        ),
    ]


def _generated(config, uri, **source):
    return File.generated(config, uri, inclusion=InclusionLevel.NOT_IN_NAV, **source)


def _linked_place(link, place):
    """Return the path in the repository to which a page at `place` links, or `None`."""
    linked = normpath(join(dirname(place), link))
    return linked if not linked.startswith("..") and (ROOT / linked).exists() else None


def _place(page):
    """Return the path of a page's source in the repository."""
    return page.src_uri if page.generated_by else f"docs/{page.src_uri}"


def _uri(place):
    """Return the place of a file or folder of the repository among the sources of this site."""
    if place.startswith("docs/"):
        return place.removeprefix("docs/")
    if (ROOT / place).is_dir():
        return f"{place}/index.md"
    code = Path(place).suffix in {*LANGUAGES, ".ipynb"}
    return f"{place}.md" if code else place
