"""The score of a clip as text for a terminal of 80 columns."""

import textwrap

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from experiments.pages.scored_clip import explained, headline, mark, strengths
from experiments.pages.text_bars import contribution_bar

STYLES = {"+": "blue", "++": "bold blue", "-": "red", "--": "bold red", "": ""}
INDENT = (0, 0, 0, 2)


def score_tables(score):
    """Return what a terminal shows of a `ClipScore`: texts and tables of `rich`."""
    found = score.found
    parts: list = [
        Text.assemble((found.id, "bold"), f"  {found.end - found.start:.1f} s"),
        Padding(Text.assemble(("Prediction: ", ""), (headline(score), "bold")), INDENT),
    ]
    if score.target.columns > 1:
        parts.append(Padding(_outputs_table(score), INDENT))
    parts.append(Padding(_transcript(score), INDENT))
    if any(word.contribution is not None for word in score.words):
        legend = f"+ raises {explained(score)}, - lowers it; ++ and -- are strong."
        parts.append(Padding(Text(legend, style="dim"), INDENT))
    parts.append(Padding(_modality_table(score), INDENT))
    parts += [
        Padding(Text("\n".join(textwrap.wrap(f"Note: {note}", 76)), style="cyan"), INDENT)
        for note in dict.fromkeys(score.notes)
    ]
    return parts


def _outputs_table(score):
    headings = {"scores": ("name", "score"), "class": ("class", "probability")}
    table = Table(*headings.get(score.target.kind, ("label", "probability")))
    table.columns[1].justify = "right"
    for name, value in zip(score.target.names, score.outputs, strict=True):
        table.add_row(Text(name), f"{value:.3f}")
    return table


def _transcript(score):
    """Return the words, each with its mark."""
    if not score.words:
        return Text("No words.", style="italic")
    text = Text()
    for i, (word, strength) in enumerate(zip(score.words, strengths(score), strict=True)):
        sign = mark(strength)
        text.append(" " if i else "")
        text.append(f"{sign}{word.text}", style=STYLES[sign])
    return text


def _modality_table(score):
    weighed = any(one.weight is not None for one in score.modalities)
    table = Table(title=f"Contributions to {explained(score)}", title_justify="left")
    table.add_column("modality")
    table.add_column("contribution", justify="right", no_wrap=True)
    if weighed:
        table.add_column("weight", justify="right", no_wrap=True)
    table.add_column("")
    values = [one.contribution for one in score.modalities if one.contribution is not None]
    largest = max(map(abs, values), default=0.0)
    for one in score.modalities:
        weight = [] if not weighed else ["" if one.weight is None else f"{one.weight:.2f}"]
        if one.contribution is None:
            table.add_row(one.name, "absent", *weight, Text(one.absence))
            continue
        bar = contribution_bar(one.contribution, largest)
        table.add_row(one.name, f"{one.contribution:+z.3f}", *weight, bar)
    return table
