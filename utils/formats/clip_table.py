"""Tables of clips in MMSA's layout, `label.csv` or `meta.csv`: facts that several readers share."""

import re

FILES = ("label.csv", "meta.csv", "meta(s).csv")
COLUMNS = ("video_id", "clip_id")
MODALITY_LABELS = {"text": "label_T", "audio": "label_A", "video": "label_V"}
CLIP_ID = re.compile(r"(.+)(?:\$_\$|/)(.+)")
