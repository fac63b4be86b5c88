"""What a clip's score says, in words: for the terminal and for the page."""

from experiments.pages.score_in_words import score_in_words

# From these shares of the strongest word on, a word is marked, and marked as strong.
LEAST, STRONG = 0.1, 0.5
# Where all words are weaker than this share of the range, none has the full strength.
FAINT = 0.02


def headline(score):
    """Return the prediction of a `ClipScore` in one line."""
    target, outputs = score.target, score.outputs
    if target.kind == "class":
        return f"{score.target.names[int(outputs.argmax())]} ({outputs.max():.0%})"
    if target.kind == "labels":
        chosen = [
            f"{name} ({p:.0%})" for name, p in zip(target.names, outputs, strict=True) if p >= 0.5
        ]
        return ", ".join(chosen) or "none of the labels"
    if target.kind == "scores":
        return f"{score.output} {score.value:+.2f}, in {target.range}"
    said = score_in_words(target, score.value)
    return f"{score.value:+.2f} in {target.range}" + (f", {said}" if said else "")


def explained(score):
    """Return what contributions to a `ClipScore` are counted in, in words."""
    if score.target.kind == "score":
        return "the score"
    if score.target.kind == "scores":
        return f"the score {score.output}"
    return f"the probability of {score.output}"


def strengths(score):
    """Return the strength of each word, from -1 to 1; 0 for a word that does not count.

    The strongest word of the clip has 1 or -1, unless all are faint.
    """
    target = score.target
    span = target.high - target.low if target.kind in ("score", "scores") else 1.0
    values = [word.contribution or 0.0 for word in score.words]
    largest = max([FAINT * span, *map(abs, values)])
    return [value / largest for value in values]


def mark(strength):
    """Return `++`, `+`, `-`, `--`, or nothing, for the strength of a word."""
    sign = "+" if strength > 0 else "-"
    return sign * ((abs(strength) >= LEAST) + (abs(strength) >= STRONG))
