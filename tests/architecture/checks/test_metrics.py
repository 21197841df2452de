"""The page of the metrics lists what the daemon tells, no more and no less."""

from __future__ import annotations

import re
from pathlib import Path

from bensync.daemon.metrics import Name

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "metrics.md"
ROW = re.compile(r"^\| `(?P<title>bensync_\w+)` \| (?P<labels>[^|]*) \| (?P<meaning>[^|]*) \|$", re.MULTILINE)
LABEL = re.compile(r"`(\w+)`")


def test_the_page_lists_every_metric_with_its_labels_and_meaning():
    told = {
        row["title"]: (tuple(LABEL.findall(row["labels"])), row["meaning"]) for row in ROW.finditer(PAGE.read_text())
    }
    assert told == {name.title: (name.labels, name.meaning) for name in Name}


def test_no_metric_can_name_a_person():
    labels = {label for name in Name for label in name.labels}
    assert labels == {"alert", "code", "feed", "kind", "outcome", "python", "risk", "site", "state", "version"}
