"""An inspection in the terminal, at most 80 columns wide."""

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from data.inspect.finding import name_features
from data.inspect.probe import probed

STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}
BAR = 8
NONE = "–"


def show(inspection):
    """Return an `Inspection` as a `rich.console.Group` of tables and text."""
    splits = inspection.splits
    parts = [head(inspection), _splits(inspection), *_labels(inspection)]
    if next(iter(splits.values())).modalities:  # there are more than texts
        parts += [_steps(splits), _values(splits, inspection.names)]
    if inspection.overlaps:
        parts.append(_overlaps(inspection.overlaps))
    if inspection.probes:
        parts.append(_probes(inspection))
    if inspection.unprobed:
        parts.append(Text(inspection.unprobed))
    parts.append(finding_list(inspection.findings))
    return Group(*(part for one in parts for part in (one, "")))


def _labels(inspection):
    return label_tables(inspection) if inspection.target else []


def label_tables(inspection):
    """Return tables of the labels of each split."""
    splits, target = inspection.splits, inspection.target
    scores = [_scores(splits, target)] if target.kind in ("score", "scores") else []
    return [*scores, _histogram(splits, target)]


def titled_table(title, *columns, left=1):
    """Return a table, and a group of its title and the table; `left` columns contain words."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for i, heading in enumerate(columns):
        table.add_column(heading, justify="left" if i < left else "right")
    return table, Group(Text(title, style="bold"), table)


def head(inspection):
    """Return the path, format, target and files of the data as a grid."""
    grid = Table.grid(padding=(0, 2))
    sizes = {path: size for files in inspection.files.values() for path, size in files.items()}
    grid.add_row("[bold]data[/]", escape(str(inspection.path)))
    grid.add_row("[bold]format[/]", escape(inspection.format))
    target = inspection.target
    told = f"{target.describe()}, {target.origin}" if target else "not read"
    grid.add_row("[bold]labels[/]", escape(told))
    grid.add_row("[bold]files[/]", f"{len(sizes)}, {size_text(sum(sizes.values()))}")
    return grid


def _splits(inspection):
    splits = inspection.splits
    names = list(next(iter(splits.values())).modalities)
    table, titled = titled_table(
        "Splits: steps × features", "split", "samples", *names, "files", "size"
    )
    for name, files in inspection.files.items():
        if name in splits:
            shapes = [f"{m.length} × {m.width}" for m in splits[name].modalities.values()]
            cells = [f"{splits[name].samples:,}", *shapes]
        else:
            cells = ["[red]broken[/]", *[NONE] * len(names)]
        table.add_row(name, *cells, str(len(files)), size_text(sum(files.values())))
    return titled


def _scores(splits, target):
    middle = f"{target.start:g}"
    headings = ("mean", "sd", "min", "max", f"< {middle}", f"= {middle}", f"> {middle}", "distinct")
    table, titled = titled_table("Labels", "split", *headings)
    for name, split in splits.items():
        of_modalities = {m: y.scores["score"] for m, y in split.modality_labels.items()}
        columns = split.labels.scores | of_modalities
        for column, y in columns.items():
            numbers = [f"{value:.2f}" for value in (y.mean, y.sd, y.min, y.max)]
            shares = [f"{share:.1%}" for share in (y.below, y.middle, y.above)]
            row = name if target.kind == "score" and column == "score" else f"{name}: {column}"
            table.add_row(row, *numbers, *shares, f"{y.distinct:,}")
    return titled


def _histogram(splits, target):
    title, heading = {
        "score": (f"Labels in bins of {target.describe()}", "score"),
        "scores": (f"Labels in bins, {target.describe()} together", "score"),
        "class": ("Labels", "class"),
        "labels": ("Samples that have each label", "label"),
    }[target.kind]
    table, titled = titled_table(title, heading, *splits, left=1 + len(splits))
    totals = {name: max(sum(s.labels.histogram.values()), 1) for name, s in splits.items()}
    if target.kind == "labels":
        totals = {name: split.samples for name, split in splits.items()}
    highest = max(max(s.labels.histogram.values()) / totals[name] for name, s in splits.items())
    for row in next(iter(splits.values())).labels.histogram:
        cells = []
        for name, split in splits.items():
            count = split.labels.histogram[row]
            share = count / totals[name]
            cells.append(f"{_bar(share / max(highest, 1e-9))} {share:4.0%} {count:6,}")
        table.add_row(escape(row), *cells)
    return titled


def _bar(share):
    """Draw a share as a bar of at most `BAR` characters, in steps of an eighth."""
    eighths = round(share * BAR * 8)
    partial = " ▏▎▍▌▋▊▉"[eighths % 8].strip()
    return ("█" * (eighths // 8) + partial).ljust(BAR)


def _steps(splits):
    headings = ("T", "min", "median", "mean", "95 %", "max", "absent", "padding")
    table, titled = titled_table("Valid steps of a sample", "modality", "split", *headings, left=2)
    for name, split, m in _by_modality(splits):
        s = m.summarize_steps()
        middle = (f"{s['median']:g}", f"{s['mean']:.1f}", f"{s['p95']:g}")
        cells = (str(s["min"]), *middle, str(s["max"]), f"{m.absent:,}", m.padding)
        table.add_row(name, split, str(m.length), *cells)
    return titled


def _values(splits, names):
    headings = ("largest |x|", "NaN and ±inf", "constant features")
    table, titled = titled_table("Values", "modality", "split", *headings, left=2)
    table.columns[-1].justify = "left"
    modality = ""
    for name, split, m in _by_modality(splits):
        modality = name or modality
        constant = name_features(m.constant, names.get(modality, []), limit=3) or NONE
        table.add_row(name, split, f"{m.largest:.4g}", f"{m.repaired:,}", constant)
    return titled


def _by_modality(splits):
    """Yield triples: modality (blank if it is in the row above), split and statistics."""
    names = list(next(iter(splits.values())).modalities)
    for name in names:
        for i, (split, statistics) in enumerate(splits.items()):
            yield "" if i else name, split, statistics.modalities[name]


def _overlaps(overlaps):
    pairs = [f"{one.first}, {one.second}" for one in overlaps]
    table, titled = titled_table("Shared between splits", "", *pairs)

    def add(heading, counts):
        table.add_row(heading, *(NONE if count is None else f"{count:,}" for count in counts))

    add("ids", [None if one.ids is None else len(one.ids) for one in overlaps])
    add("videos", [None if one.videos is None else len(one.videos) for one in overlaps])
    content = "all features" if overlaps[0].modalities else "texts"
    add(content, [one.content for one in overlaps])
    for name in overlaps[0].modalities:
        add(f"{name} features only", [one.modalities[name] for one in overlaps])
    if overlaps[0].modalities:
        add("raw text", [one.texts for one in overlaps])
    return titled


def _probes(inspection):
    first, *others = inspection.splits
    headings = [f"held-out half of {first}"]
    if inspection.probes[0].across is not None:
        headings.append(others[0])
    what = probed(inspection.target).removeprefix("the ")
    title = f"{what.capitalize()} from one modality: balanced accuracy of a linear map"
    table, titled = titled_table(title, "modality", *headings)
    for one in inspection.probes:
        cells = [f"{one.within:.1%}"] + ([] if one.across is None else [f"{one.across:.1%}"])
        table.add_row(one.modality, *cells)
    return titled


def finding_list(findings):
    """Return findings with their advice as a grid."""
    if not findings:
        return Text("Findings: nothing to repair.", style="bold green")
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for finding in findings:
        text = Text(finding.what)
        text.append("\n→ " + finding.advice, style="dim")
        grid.add_row(Text(finding.level, style=STYLES[finding.level]), text)
    return Group(Text("Findings and advice", style="bold"), grid)


def size_text(count):
    """Return a number of bytes as text, such as `1.5 MB`."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:,.3g} GB"
