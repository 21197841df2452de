"""Metrics for Prometheus, read from the database at scrape time: counts and times, no person and no employee id."""

from __future__ import annotations

import platform
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from enum import Enum

import structlog
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bensync import __version__
from bensync.config.settings import ScheduleSettings
from bensync.errors import BensyncError
from bensync.state.db.database import Database
from bensync.state.read.metrics import SiteActivity, SiteFigures, read_everywhere, today_everywhere

CONTENT = "text/plain; version=0.0.4; charset=utf-8"

log = structlog.get_logger()


class Name(Enum):
    """The metrics: the name, the meaning and the labels of each."""

    BUILD = ("bensync_build_info", "Always 1; the labels are the versions of bensync and Python.", "version", "python")
    STARTED = ("bensync_daemon_start_time_seconds", "When the daemon started, in Unix time.")
    PULSE = ("bensync_daemon_pulse_age_seconds", "Seconds since the daemon last moved.")
    CONFIGURED = ("bensync_configuration_good", "1, or 0 while the file that was read last is refused.")
    PAGES = ("bensync_pages_up", "1, or 0 while the pages are down; only with `bensync daemon --with-web`.")
    TURNS = ("bensync_turns_total", "Turns since the daemon started, by exit code; -9 is SIGKILL.", "site", "code")
    AT_WORK = ("bensync_turns_at_work", "Turns at work in this process.")
    WAITING = ("bensync_turns_waiting", "Turns that wait for a place in this process.")
    BUSY = ("bensync_sites_busy", "Sites whose turn waited or was being taken at the last tick, here or by workers.")
    CONFIGURED_SITE = ("bensync_site_configured", "1, or 0 while the site's own file cannot be used.", "site")
    UP = ("bensync_site_readable", "1, or 0 while the database cannot be read for the site.", "site")
    LAST_DAILY = ("bensync_last_daily_success_timestamp_seconds", "End of the newest good daily run.", "site")
    NEXT_RUN = ("bensync_next_run_timestamp_seconds", "When the daily run is due; in the past: at once.", "site")
    RUNS = ("bensync_runs", "Ended runs in the database, by kind and outcome.", "site", "kind", "outcome")
    LASTED = ("bensync_last_run_duration_seconds", "How long the newest run of a kind took.", "site", "kind")
    DELIVERIES = ("bensync_deliveries", "Deliveries in the database, by state.", "site", "state")
    SEQUENCE = ("bensync_delivery_sequence", "Number of the newest committed delivery of a feed.", "site", "feed")
    PENDING = ("bensync_requests_pending", "Requests that wait for a decision, by risk.", "site", "risk")
    OLDEST = ("bensync_oldest_request_age_seconds", "Age of the oldest request that waits; 0: none.", "site")
    KEPT_BACK = ("bensync_kept_back_people", "Employees blocked by a data issue until HR is fixed.", "site")
    ALERTS = ("bensync_alerts_open", "Alerts that are open, by key.", "site", "alert")
    UNSENT = ("bensync_notices_unsent", "Notices that wait to be sent, per channel.", "site")

    def __init__(self, title: str, meaning: str, *labels: str) -> None:
        self.title = title
        self.meaning = meaning
        self.labels = labels

    def family(self) -> GaugeMetricFamily | CounterMetricFamily:
        """Return an empty family of this metric."""
        # The library takes "_total" off the name of a counter and puts it back in its answer.
        kind = CounterMetricFamily if self.title.endswith("_total") else GaugeMetricFamily
        return kind(self.title, self.meaning, labels=self.labels)


class DaemonCollector(Collector):
    """Metrics of the daemon's own process.

    Args:
        started: the time at which the daemon started.
        pulse: returns the seconds since the last tick.
        good: returns whether the configuration that was read last is in use.
        turns: returns the number of turns that ended, by site and exit code.
        places: returns how many turns run here, how many wait here, and how many sites were busy anywhere.
        pages: returns whether the pages are served; None without ``--with-web``.
    """

    def __init__(
        self,
        started: datetime,
        pulse: Callable[[], float],
        good: Callable[[], bool],
        turns: Callable[[], Mapping[tuple[str, int], int]],
        places: Callable[[], tuple[int, int, int]],
        pages: Callable[[], bool | None] = lambda: None,
    ) -> None:
        self._started = started
        self._pulse = pulse
        self._good = good
        self._turns = turns
        self._places = places
        self._pages = pages

    def collect(self) -> Iterator[Metric]:
        """Yield the families of these metrics."""
        yield _one(Name.BUILD, 1, __version__, platform.python_version())
        yield _one(Name.STARTED, self._started.timestamp())
        yield _one(Name.PULSE, self._pulse())
        yield _one(Name.CONFIGURED, self._good())
        at_work, waiting, busy = self._places()
        yield _one(Name.AT_WORK, at_work)
        yield _one(Name.WAITING, waiting)
        yield _one(Name.BUSY, busy)
        if (up := self._pages()) is not None:
            yield _one(Name.PAGES, up)
        turns = Name.TURNS.family()
        for (site, code), number in sorted(self._turns().items()):
            turns.add_metric((site, str(code)), number)
        yield turns


Looked = tuple[Mapping[str, bool], Collection[str], Database, ScheduleSettings]
"""The sites (whether each only receives), those whose own file cannot be used, the database, the schedule."""


class Sites(Collector):
    """Metrics of the sites, all read from the database in one transaction.

    Args:
        now: returns the sites, the database and the schedule of the configuration in use.
        clock: returns the current time.
    """

    def __init__(self, now: Callable[[], Looked], clock: Callable[[], datetime]) -> None:
        self._now = now
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        """Yield the families of these metrics; while the database cannot be read, only those that report it."""
        families = {name: name.family() for name in Name if name.labels and name.labels[0] == "site"}
        del families[Name.TURNS]
        sites, broken, database, schedule = self._now()
        for name, labels, value in _samples(sites, broken, database, schedule, self._clock()):
            families[name].add_metric(labels, value)
        yield from families.values()


Sample = tuple[Name, tuple[str, ...], float]


def _samples(
    sites: Mapping[str, bool], broken: Collection[str], database: Database, schedule: ScheduleSettings, moment: datetime
) -> Iterator[Sample]:
    every = (*sites, *broken)
    for site in every:
        yield Name.CONFIGURED_SITE, (site,), site not in broken
    # A scrape must not fail with the database: the daemon's own metrics are needed most then.
    try:
        with database.whole() as connection:
            days, figures = today_everywhere(connection, moment), read_everywhere(connection)
    except BensyncError as error:
        log.warning("metrics.unreadable", what=error.what, why=error.why)
        yield from ((Name.UP, (site,), 0) for site in every)
        return
    for site in every:
        today = days.get(site, SiteActivity())
        yield Name.UP, (site,), 1
        yield Name.UNSENT, (site,), today.unsent
        if not sites.get(site, True):
            yield Name.NEXT_RUN, (site,), schedule.next_run(moment, today).timestamp()
        for name, labels, value in _figures(figures.get(site, SiteFigures()), moment):
            yield name, (site, *labels), value


def _figures(figures: SiteFigures, moment: datetime) -> Iterator[Sample]:
    if figures.last_daily is not None:
        yield Name.LAST_DAILY, (), figures.last_daily.timestamp()
    oldest = figures.oldest_pending
    yield Name.OLDEST, (), (moment - oldest).total_seconds() if oldest is not None else 0
    yield Name.KEPT_BACK, (), figures.kept_back
    for ended, number in figures.runs.items():
        yield Name.RUNS, ended, number
    listed = (
        (Name.ALERTS, Counter(name.partition(":")[0] for name in figures.alerts)),
        (Name.LASTED, figures.lasted),
        (Name.DELIVERIES, figures.deliveries),
        (Name.SEQUENCE, figures.sequences),
        (Name.PENDING, figures.pending),
    )
    for name, values in listed:
        for label, value in values.items():
            yield name, (label,), value


def _one(name: Name, value: float, *labels: str) -> Metric:
    family = name.family()
    family.add_metric(labels, value)
    return family


class Scrape:
    """All metrics of these collectors and of the process, as Prometheus reads them; one scrape at a time."""

    def __init__(self, *collectors: Collector) -> None:
        # A registry of its own; auto_describe would read the database once more when a collector is registered.
        self._registry = CollectorRegistry(auto_describe=False)
        self._lock = threading.Lock()
        ProcessCollector(registry=self._registry)
        for collector in collectors:
            self._registry.register(collector)

    def text(self) -> bytes:
        """Return the answer to a scrape."""
        with self._lock:
            return generate_latest(self._registry)
