"""``python -m bensync.demo.bamboohr``: a fake BambooHR as a process of its own, for benchmarks and hands-on trials."""

from __future__ import annotations

import argparse
import gc
from datetime import datetime

from bensync.demo.bamboohr.server import serve_forever
from bensync.demo.company.company import API_KEY, Company

GARBAGE = 1_000_000
"""New objects between two collections: a search among the rows of a large answer would double its time."""


def main() -> None:
    """Read the arguments, invent the people, serve."""
    parser = argparse.ArgumentParser(prog="python -m bensync.demo.bamboohr", description=__doc__)
    parser.add_argument("--employees", type=int, default=100, help="how many people to invent")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--name", default="acme", help="the company's name in the older address")
    parser.add_argument("--api-key", default=API_KEY)
    parser.add_argument("--now", type=datetime.fromisoformat, help="the company's time, ISO 8601 with zone")
    args = parser.parse_args()
    # A million people are built and then never freed, so the collector need not look at them.
    gc.disable()
    company = Company.with_people(args.employees, seed=args.seed, now=args.now, name=args.name, api_key=args.api_key)
    gc.enable()
    gc.freeze()
    gc.set_threshold(GARBAGE)
    serve_forever(company, args.port)


if __name__ == "__main__":
    main()
