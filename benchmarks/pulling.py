"""Reading everybody from HR beside a plain download of the same bytes, and beside Airbyte's source for BambooHR.

Usage: python benchmarks/pulling.py [PEOPLE ...]. HR is `frozen_hr.py`, whose answers cost nothing.

In turns: the requests with nothing done to their answers; the same with each record split off and hashed; a pull whose
people are all unchanged, so that none is opened; a pull that opens everybody; Airbyte's, which hands on what it read as
messages and knows nothing of who changed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from measure import Cost, cost, rounds, sizes, table, taking_turns

HERE = Path(__file__).parent
AIRBYTE = HERE.parent / ".venv-airbyte" / "bin" / "python"
REFERENCE, PEER = "plain download", "Airbyte's source"
WAYS = {
    REFERENCE: "download",
    "download, each record hashed": "hash",
    "bensync, everybody unchanged": "unchanged",
    "bensync, everybody opened": "open",
}
_REPORT = "/reports/custom?format=json&onlyCurrent=true"
_BATCH = 500


def measure(people: int, times: int) -> tuple[dict[str, Cost], dict[str, int]]:
    """All in turns; and how many requests each makes."""
    from stage import human_resources

    with tempfile.TemporaryDirectory(prefix="bensync-pull-") as name, human_resources(people, frozen=True) as address:
        file = task_file(Path(name), address, people)
        commands = {label: [sys.executable, __file__, "--as", way, str(file)] for label, way in WAYS.items()}
        if _airbyte():
            commands[PEER] = [str(AIRBYTE), str(HERE / "peers" / "airbyte_peer.py"), str(file)]
        asked = {}

        def once(label: str) -> Cost:
            before = _asked(address)
            spent = cost(commands[label])
            asked[label] = _asked(address) - before
            return spent

        return taking_turns({label: partial(once, label) for label in commands}, times), asked


def _airbyte() -> bool:
    """Whether Airbyte's source is installed."""
    return AIRBYTE.exists() and not subprocess.call([AIRBYTE, "-c", "import airbyte_cdk, source_bamboo_hr"])


def task_file(folder: Path, address: str, people: int) -> Path:
    """Return a file that says what a process is to read."""
    from frozen import wanted

    from bensync.demo.company.company import API_KEY

    asked = wanted()
    file = folder / "task.json"
    task = {"address": f"{address}/api/v1", "key": API_KEY, "people": people}
    file.write_text(json.dumps(task | {"fields": list(asked.fields), "tables": list(asked.tables)}))
    return file


def _asked(address: str) -> int:
    with urllib.request.urlopen(f"{address}/_company/stats", timeout=60) as answer:
        return int(json.load(answer)["requests"])


def pull(way: str, task: dict[str, Any]) -> int:
    """What bensync's connector does; returns how many people it found."""
    from frozen import wanted

    from bensync.connectors.bamboohr import BambooHR, BambooHRSettings
    from bensync.core.ports import FieldSelection

    asked = wanted()
    hr = BambooHR(BambooHRSettings(company="acme", api_key=task["key"], base_url=task["address"]))
    is_unchanged = (lambda _person, _digest: True) if way == "unchanged" else (lambda _person, _digest: False)
    pulled = hr.pull(FieldSelection(asked.fields, asked.tables, is_unchanged), None)
    seen = sum(len(page) for page in pulled.pages)
    return pulled.total if way == "unchanged" else seen


def download(way: str, task: dict[str, Any]) -> int:
    """The same requests; of the answers only the ids are looked at, to know whom to ask for."""
    import httpx
    import msgspec

    note = _hashed() if way == "hash" else (lambda _rows, _body: None)
    with httpx.Client(base_url=task["address"], auth=(task["key"], "x"), timeout=600) as client:

        def report(**asked: object) -> bytes:
            answer = client.post(_REPORT, json={"filterDuplicates": "no", **asked})
            return answer.raise_for_status().content

        listed = msgspec.json.decode(report(fields=["id", "employeeNumber"]), type=dict[str, Any])["employees"]
        people = [int(employee["id"]) for employee in listed]
        for name in task["tables"]:
            note("rows", client.get(f"/employees/all/tables/{name}").raise_for_status().content)
        for start in range(0, len(people), _BATCH):
            filters = {"employeeIds": people[start : start + _BATCH]}
            note("people", report(fields=["id", *task["fields"]], filters=filters))
    return len(people)


def _hashed() -> Callable[[str, bytes], None]:
    """Splits an answer into its records, undecoded, and takes the keyed hash of each."""
    from hashlib import blake2b

    import msgspec

    rows = msgspec.json.Decoder(list[msgspec.Raw])
    report = msgspec.json.Decoder(msgspec.defstruct("Report", [("employees", list[msgspec.Raw])]))
    begun = blake2b(key=b"k" * 32, digest_size=16)
    seen: set[bytes] = set()

    def records(kind: str, body: bytes) -> Iterator[msgspec.Raw]:
        yield from rows.decode(body) if kind == "rows" else report.decode(body).employees

    def note(kind: str, body: bytes) -> None:
        for record in records(kind, body):
            digest = begun.copy()
            digest.update(record)
            seen.add(digest.digest())

    return note


def read(way: str, task: dict[str, Any]) -> None:
    """One way, in the process that is measured.

    Raises:
        SystemExit: somebody was not found.
    """
    people_read = download(way, task) if way in {"download", "hash"} else pull(way, task)
    if people_read != task["people"]:
        raise SystemExit(f"{people_read} people were found, not {task['people']}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--as"]:
        read(sys.argv[2], json.loads(Path(sys.argv[3]).read_text()))
    else:
        for size in sizes(sys.argv[1:], [20_000]):
            costs, requests = measure(size, rounds(size))
            print(table(f"{size:,} people pulled", costs, REFERENCE))
            print("Requests: " + ", ".join(f"{label} {number}" for label, number in requests.items()) + ".")
            print("People a second of CPU: " + ", ".join(f"{n} {size / c.cpu:,.0f}" for n, c in costs.items()) + ".\n")
            if PEER not in costs:
                print(f"{PEER} is not here: it could not be installed into .venv-airbyte.\n")
