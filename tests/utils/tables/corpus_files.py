"""Small files in the layouts of published corpora, with sentences of our own."""

import csv
import json

MELD_COLUMNS = [
    *("Sr No.", "Utterance", "Speaker", "Emotion", "Sentiment", "Dialogue_ID", "Utterance_ID"),
    *("Season", "Episode", "StartTime", "EndTime"),
]
EMOTIONS = [("joy", "positive"), ("neutral", "neutral"), ("anger", "negative")]
# MELD's files hold such characters where there once were quotes of Windows-1252.
QUOTE = "\x92"


def write_csv(path, rows, separator=","):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=separator, lineterminator="\n")
        writer.writerow(rows[0])
        writer.writerows(row.values() for row in rows)
    return path


def meld_rows(count):
    rows = []
    for i in range(count):
        emotion, sentiment = EMOTIONS[i % 3]
        text = f'I{QUOTE}m here, and it is "number" {i % 7} of the evening'
        values = [i + 1, text, ("Ada", "Bo")[i % 2], emotion, sentiment, i // 2, i % 2, 8, 21]
        times = ["00:16:16,059", "00:16:21,731"]
        rows.append(dict(zip(MELD_COLUMNS, [*values, *times], strict=True)))
    return rows


def write_meld(folder, train=12, dev=6, test=6):
    folder.mkdir(exist_ok=True)
    for name, count in {"train": train, "dev": dev, "test": test}.items():
        write_csv(folder / f"{name}_sent_emo.csv", meld_rows(count))
    return folder


def mustard_samples(count=12):
    return {
        f"1_{60 + 10 * i}": {
            "utterance": f"What a lovely day number {i % 5} this is.",
            "speaker": ("ADA", "BO", "CY")[i % 3],
            "context": ["It rains.", f"It has rained for {i} days."],
            "context_speakers": ["BO", "ADA"],
            "show": "BBT",
            "sarcasm": i % 2 == 0,
        }
        for i in range(count)
    }


def write_mustard(folder, samples=None):
    folder.mkdir(exist_ok=True)
    path = folder / "sarcasm_data.json"
    path.write_text(json.dumps(samples or mustard_samples(), indent=4), encoding="utf-8")
    return path


def sims_rows(count=90):
    rows = []
    for i in range(count):
        label = (i % 11 - 5) / 5
        rows.append(
            {
                "video_id": f"video_{i // 4 + 1:04d}",
                "clip_id": f"{i % 4 + 1:04d}",
                "text": f"我 真的 觉得 {i % 6} 很好",
                "label": label,
                **{f"label_{letter}": label / 2 for letter in "TAV"},
                "annotation": ("Negative", "Neutral", "Positive")[(label > 0) - (label < 0) + 1],
                "mode": ("train", "train", "train", "train", "valid", "test")[i // 4 % 6],
            }
        )
    return rows


def write_sims(folder, rows=None, name="meta.csv"):
    folder.mkdir(exist_ok=True)
    return write_csv(folder / name, rows or sims_rows())
