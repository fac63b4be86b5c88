"""Support tickets whose label needs both the text and the table.

There are two hidden causes: a, the text reports a fault; b, the table describes a customer in good
standing. The label is 1 if both are true or both are false. A known share of the labels is wrong.
Each cause alone predicts the label poorly.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.synthetic.arguments import check_whole_number
from utils.formats.table import write_table
from utils.measures.class_target import ClassTarget
from utils.measures.inference import write_target
from utils.new_file import check_free, new_folder

DEFAULTS = {"samples": 2000, "seed": 0, "noise": 0.05}
SPLIT_SHARES = {"train": 1.0, "valid": 0.25, "test": 0.25}
MIN_SAMPLES = 20
FAULT_RATE = 0.6
TRIAL_RATE = 0.25
OVERDUE_LIMIT = 30  # days
OVERDUE_RATE = 0.3  # share of customers whose overdue days are uniform from 0 to 99; others have 0
LONG_RATE = 0.1

THINGS = ("the export", "the login page", "my dashboard", "the mobile app", "search", "the editor")
FAULTS = ("crashes", "freezes", "shows an error", "stopped working", "loses data", "never loads")
WHENS = (
    "since the update",
    "every morning",
    "on my laptop",
    "again",
    "for two days",
    "all the time",
)
WISHES = ("How do I change", "Where can I find", "Please tell me about", "Can you explain")
TOPICS = ("my plan", "the invoice", "the settings", "user roles", "the price list", "the manual")
FILLERS = (
    "Hello team.",
    "I hope you are well.",
    "We have used the product for {n} months.",
    "My colleague recommended it to us.",
    "I use it on {n} devices.",
    "Our office is open until {n} in the evening.",
    "Thanks in advance.",
    "You can reach me by phone.",
    "I could not find it in the manual.",
    "There are {n} people in our group.",
)
PLANS = ("basic", "team", "enterprise")
REGIONS = ("north", "south", "east", "west", "centre", "coast")


@dataclass(frozen=True)
class TicketSplit:
    """One generated split.

    Attributes:
        columns: A dict from each column to a list of its values.
        fault: Cause a, which the text shows, boolean `(N,)`.
        good_standing: Cause b, which the table shows, boolean `(N,)`.
        labels: Labels 0 or 1, `(N,)`.
    """

    columns: dict[str, list]
    fault: np.ndarray
    good_standing: np.ndarray
    labels: np.ndarray


# The label: whether a ticket is urgent.
TARGET = ClassTarget(("0", "1"), values=("0", "1"))


def write_tickets(
    directory,
    samples=DEFAULTS["samples"],
    seed=DEFAULTS["seed"],
    noise=DEFAULTS["noise"],
):
    """Write a table for each split, `task.json` and `target.json`, completely or not at all.

    Args:
        directory: The folder to make; it must be new or empty.
        samples: See `generate_tickets`.
        seed: See `generate_tickets`.
        noise: See `generate_tickets`.

    Returns:
        A dict from each split to the dict of its `ceilings`.

    Raises:
        FileExistsError: If `directory` is a file or not empty.
        ValueError: If an argument is wrong.
    """
    directory = Path(directory)
    check_free(directory)
    splits = generate_tickets(samples, seed, noise)
    best = {name: ceilings(split) for name, split in splits.items()}
    description = {"samples": samples, "seed": seed, "noise": noise, "best_accuracy": best}
    with new_folder(directory) as partial:
        for name, split in splits.items():
            write_table(partial / f"{name}.csv", split.columns)
        text = json.dumps(description, indent=2) + "\n"
        (partial / "task.json").write_text(text, encoding="utf-8")
        write_target(partial, TARGET)
    return best


def generate_tickets(samples=DEFAULTS["samples"], seed=DEFAULTS["seed"], noise=DEFAULTS["noise"]):
    """Generate all splits. The same arguments always give the same data.

    Args:
        samples: Training samples, at least 20. Validation and test have a quarter of it each.
        seed: Seed, at least 0.
        noise: Share of wrong labels, at least 0 and below 0.5.

    Returns:
        A dict from `train`, `valid`, `test` to `TicketSplit`s.

    Raises:
        ValueError: If an argument is wrong; the message names it.
    """
    check_whole_number("samples", samples, MIN_SAMPLES, "Ask for more samples.")
    check_whole_number("seed", seed, 0, "Choose any other whole number.")
    if not (isinstance(noise, (int, float)) and 0 <= noise < 0.5):
        raise ValueError(f"`noise` must be at least 0 and below 0.5. Received: {noise!r}.")
    return {
        split: _split(np.random.default_rng([seed, i]), split, int(samples * share), noise)
        for i, (split, share) in enumerate(SPLIT_SHARES.items())
    }


def ceilings(split):
    """Compute the best possible accuracy on a split from the text, the table, and both.

    With one cause, the best rule predicts the more frequent label for each value of the cause. With
    both causes, the best rule predicts a = b.

    Returns:
        A dict of floats: `text alone`, `table alone`, `both`.
    """

    def alone(cause):
        return sum(
            max(np.mean(cause_is & (split.labels == label)) for label in (0, 1))
            for cause_is in (cause, ~cause)
        )

    agree = split.fault == split.good_standing
    return {
        "text alone": float(alone(split.fault)),
        "table alone": float(alone(split.good_standing)),
        "both": float(np.mean(agree == (split.labels == 1))),
    }


def _split(rng, name, count, noise):
    fault = rng.random(count) < FAULT_RATE
    trial = rng.random(count) < TRIAL_RATE
    plan = np.where(trial, "trial", rng.choice(PLANS, count))
    overdue = np.where(rng.random(count) < OVERDUE_RATE, rng.integers(0, 100, count), 0)
    good_standing = ~trial & (overdue <= OVERDUE_LIMIT)
    wrong = rng.random(count) < noise
    labels = ((fault == good_standing) != wrong).astype(int)
    seats = rng.lognormal(2, 1, count).astype(int) + 1
    region = rng.choice(REGIONS, count).astype(object)
    if name != "train":
        region[0] = "overseas"  # a category that training has not seen
    columns = {
        "id": [f"{name}-{i}" for i in range(count)],
        "text": [_text(rng, is_fault) for is_fault in fault],
        "plan": plan.tolist(),
        "overdue_days": overdue.tolist(),
        # Seats and region carry no information about the label.
        "seats": np.where(rng.random(count) < 0.05, "", seats.astype(str)).tolist(),
        "region": region.tolist(),
        "label": labels.tolist(),
    }
    return TicketSplit(columns, fault, good_standing, labels)


def _text(rng, is_fault):
    fillers = rng.integers(12, 25) if rng.random() < LONG_RATE else rng.integers(1, 5)
    sentences = [
        str(rng.choice(FILLERS)).format(n=rng.integers(2, 20)) for _ in range(int(fillers))
    ]
    if is_fault:
        thing = str(rng.choice(THINGS))
        said = f"{thing[0].upper()}{thing[1:]} {rng.choice(FAULTS)} {rng.choice(WHENS)}."
    else:
        said = f"{rng.choice(WISHES)} {rng.choice(TOPICS)}."
    sentences.insert(int(rng.integers(0, len(sentences) + 1)), said)
    return " ".join(sentences)
