"""Reading everybody from HR beside a plain download of the same bytes.

Usage: python benchmarks/pulling.py [PEOPLE ...].

Three ways in turns: the requests with nothing done to their answers; a pull whose people are all familiar, so that none
is opened; a pull that opens everybody.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from measure import Cost, in_turns, table

if TYPE_CHECKING:
    from bensync.core.ports import Wanted

FLOOR = "plain download"
WAYS = {FLOOR: "download", "bensync, everybody familiar": "familiar", "bensync, everybody opened": "open"}


def measure(people: int, rounds: int) -> dict[str, Cost]:
    """All three in turns, against the fake BambooHR in a process of its own."""
    from stage import _human_resources

    with tempfile.TemporaryDirectory(prefix="bensync-pull-") as name, _human_resources(people) as address:
        file = Path(name) / "told.json"
        file.write_text(json.dumps({"address": f"{address}/api/v1"}))
        commands = {label: [sys.executable, __file__, "--as", way, str(file)] for label, way in WAYS.items()}
        return in_turns(commands, rounds)


def read(way: str, address: str) -> None:
    """One pull, in the process that is measured."""
    from bensync.connectors.bamboohr import BambooHR, BambooHRSettings
    from bensync.core.ports import Wanted
    from bensync.demo.company import API_KEY
    from bensync.mappings import source

    wanted = source.load("bamboohr", {}, site="benchmark").wanted()
    if way == "download":
        _download(address, wanted)
        return
    hr = BambooHR(BambooHRSettings(company="acme", api_key=API_KEY, base_url=address))
    familiar = (lambda _person, _told: True) if way == "familiar" else (lambda _person, _told: False)
    found = hr.pull(Wanted(wanted.fields, wanted.tables, familiar), None)
    print(sum(len(page) for page in found.pages))


def _download(address: str, wanted: Wanted) -> None:
    """The same requests; of the answers only the ids are looked at, to know whom to ask for."""
    import httpx
    import msgspec

    from bensync.demo.company import API_KEY

    with httpx.Client(base_url=address, auth=(API_KEY, "x"), timeout=60) as client:

        def report(**asked: object) -> bytes:
            answer = client.post(
                "/reports/custom?format=json&onlyCurrent=true", json={"filterDuplicates": "no", **asked}
            )
            return answer.raise_for_status().content

        listed = msgspec.json.decode(report(fields=["id", "employeeNumber"]))["employees"]
        people = [int(one["id"]) for one in listed if one["id"] != "0"]
        for name in wanted.tables:
            client.get(f"/employees/all/tables/{name}").raise_for_status()
        for start in range(0, len(people), 500):
            report(fields=["id", *wanted.fields], filters={"employeeIds": people[start : start + 500]})


if __name__ == "__main__":
    if sys.argv[1:2] == ["--as"]:
        read(sys.argv[2], json.loads(Path(sys.argv[3]).read_text())["address"])
    else:
        for size in [int(word.replace(",", "")) for word in sys.argv[1:]] or [20_000]:
            print(table(f"{size:,} people pulled", measure(size, 3), FLOOR))
