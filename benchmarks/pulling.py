"""Reading everybody from HR beside a plain download of the same bytes, and beside Airbyte's source for BambooHR.

Usage: python benchmarks/pulling.py [PEOPLE ...]. HR is `frozen_hr.py`, whose answers cost nothing.

In turns: the requests with nothing done to their answers; the same with each record split off and hashed; a pull whose
people are all familiar, so that none is opened; a pull that opens everybody; Airbyte's, which hands on what it read as
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
FLOOR, PEER = "plain download", "Airbyte's source"
WAYS = {
    FLOOR: "download",
    "download, each record hashed": "hash",
    "bensync, everybody familiar": "familiar",
    "bensync, everybody opened": "open",
}
_REPORT = "/reports/custom?format=json&onlyCurrent=true"
_BATCH = 500


def measure(people: int, times: int) -> tuple[dict[str, Cost], dict[str, int]]:
    """All in turns; and how many requests each makes."""
    from stage import human_resources

    with tempfile.TemporaryDirectory(prefix="bensync-pull-") as name, human_resources(people, frozen=True) as address:
        file = told(Path(name), address, people)
        commands = {label: [sys.executable, __file__, "--as", way, str(file)] for label, way in WAYS.items()}
        if _airbyte():
            commands[PEER] = [str(AIRBYTE), str(HERE / "peers" / "airbyte_peer.py"), str(file)]
        asked = {}

        def once(label: str) -> Cost:
            before = _asked(address)
            found = cost(commands[label])
            asked[label] = _asked(address) - before
            return found

        return taking_turns({label: partial(once, label) for label in commands}, times), asked


def _airbyte() -> bool:
    """Whether Airbyte's source is installed."""
    return AIRBYTE.exists() and not subprocess.call([AIRBYTE, "-c", "import airbyte_cdk, source_bamboo_hr"])


def told(folder: Path, address: str, people: int) -> Path:
    """A file that tells a process what to read."""
    from frozen import wanted

    from bensync.demo.company.company import API_KEY

    asked = wanted()
    file = folder / "told.json"
    known = {"address": f"{address}/api/v1", "key": API_KEY, "people": people}
    file.write_text(json.dumps(known | {"fields": list(asked.fields), "tables": list(asked.tables)}))
    return file


def _asked(address: str) -> int:
    with urllib.request.urlopen(f"{address}/_company/stats", timeout=60) as answer:
        return int(json.load(answer)["requests"])


def pull(way: str, here: dict[str, Any]) -> int:
    """What bensync's connector does; returns how many people it found."""
    from frozen import wanted

    from bensync.connectors.bamboohr import BambooHR, BambooHRSettings
    from bensync.core.ports import FieldSelection

    asked = wanted()
    hr = BambooHR(BambooHRSettings(company="acme", api_key=here["key"], base_url=here["address"]))
    familiar = (lambda _person, _told: True) if way == "familiar" else (lambda _person, _told: False)
    found = hr.pull(FieldSelection(asked.fields, asked.tables, familiar), None)
    seen = sum(len(page) for page in found.pages)
    return found.total if way == "familiar" else seen


def download(way: str, here: dict[str, Any]) -> int:
    """The same requests; of the answers only the ids are looked at, to know whom to ask for."""
    import httpx
    import msgspec

    note = _hashed() if way == "hash" else (lambda _rows, _body: None)
    with httpx.Client(base_url=here["address"], auth=(here["key"], "x"), timeout=600) as client:

        def report(**asked: object) -> bytes:
            answer = client.post(_REPORT, json={"filterDuplicates": "no", **asked})
            return answer.raise_for_status().content

        listed = msgspec.json.decode(report(fields=["id", "employeeNumber"]), type=dict[str, Any])["employees"]
        people = [int(one["id"]) for one in listed]
        for name in here["tables"]:
            note("rows", client.get(f"/employees/all/tables/{name}").raise_for_status().content)
        for start in range(0, len(people), _BATCH):
            filters = {"employeeIds": people[start : start + _BATCH]}
            note("people", report(fields=["id", *here["fields"]], filters=filters))
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
            one = begun.copy()
            one.update(record)
            seen.add(one.digest())

    return note


def read(way: str, here: dict[str, Any]) -> None:
    """One way, in the process that is measured.

    Raises:
        SystemExit: somebody was not found.
    """
    found = download(way, here) if way in {"download", "hash"} else pull(way, here)
    if found != here["people"]:
        raise SystemExit(f"{found} people were found, not {here['people']}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--as"]:
        read(sys.argv[2], json.loads(Path(sys.argv[3]).read_text()))
    else:
        for size in sizes(sys.argv[1:], [20_000]):
            costs, requests = measure(size, rounds(size))
            print(table(f"{size:,} people pulled", costs, FLOOR))
            print("Requests: " + ", ".join(f"{label} {number}" for label, number in requests.items()) + ".")
            print("People a second of CPU: " + ", ".join(f"{n} {size / c.cpu:,.0f}" for n, c in costs.items()) + ".\n")
            if PEER not in costs:
                print(f"{PEER} is not here: it could not be installed into .venv-airbyte.\n")
