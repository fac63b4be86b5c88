"""Support tickets whose label needs both the text and the table.

There are two hidden causes: a, whether the text reports a fault, and b, whether the table is that
of a customer in good standing. The label is whether they agree, a = b, but for a known share of
wrong labels; so either cause alone says little about it.
"""

from dataclasses import dataclass

import numpy as np

SPLIT_SHARES = {"train": 1.0, "valid": 0.25, "test": 0.25}
MIN_SAMPLES = 20
FAULT_RATE = 0.6
TRIAL_RATE = 0.25
OVERDUE_LIMIT = 30  # days; overdue days are uniform from 0 to 99, on a share of OVERDUE_RATE
OVERDUE_RATE = 0.3
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
        columns: From each column to its values.
        fault: The cause a that the text shows, boolean `(N,)`.
        good_standing: The cause b that the table shows, boolean `(N,)`.
        labels: The labels, 0 or 1, `(N,)`.
    """

    columns: dict[str, list]
    fault: np.ndarray
    good_standing: np.ndarray
    labels: np.ndarray


def generate(samples=2000, seed=0, noise=0.05):
    """Generate all splits; the same arguments always give the same data.

    Args:
        samples: Training samples, at least 20; validation and test have a quarter of it each.
        seed: Seed, at least 0.
        noise: Share of wrong labels, at least 0 and below 0.5.

    Returns:
        From `train`, `valid`, `test` to a `TicketSplit`.

    Raises:
        ValueError: Naming the argument, what was expected and what was received.
    """
    check_arguments(samples, seed, noise)
    return {
        split: _split(np.random.default_rng([seed, i]), split, int(samples * share), noise)
        for i, (split, share) in enumerate(SPLIT_SHARES.items())
    }


def ceilings(split):
    """Return the best accuracy on a split that is possible from text, from table, and from both.

    The best rule of a side that shows one cause alone predicts, for each value of that cause, the
    more frequent label; that of both predicts a = b.
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
        # Neither of these means anything.
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


def check_arguments(samples, seed, noise):
    """Refuse arguments of `generate` that make no data.

    Raises:
        ValueError: Naming the argument, what was expected and what was received.
    """
    for name, value, least in (("samples", samples, MIN_SAMPLES), ("seed", seed, 0)):
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise ValueError(
                f"`{name}` must be a whole number of at least {least}. Received: {value!r}."
            )
    if not (isinstance(noise, (int, float)) and 0 <= noise < 0.5):
        raise ValueError(f"`noise` must be at least 0 and below 0.5. Received: {noise!r}.")
