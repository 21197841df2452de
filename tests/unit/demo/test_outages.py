from datetime import UTC, datetime

from bensync.demo.outages import ServerFault, Weather


def test_faults_are_met_in_the_order_of_asking_and_then_the_sky_is_clear():
    weather = Weather()
    weather.fail(2, status=502)
    weather.drop()
    kinds = [fault.kind if (fault := weather.take("/any")) else None for _ in range(5)]
    assert kinds == ["status", "status", "drop", None, None]


def test_a_fault_for_one_path_leaves_others_in_peace():
    weather = Weather()
    weather.html(path="reports/custom")
    assert weather.take("/api/v1/meta/fields") is None
    assert weather.take("/api/v1/reports/custom") == ServerFault("html", "reports/custom")


def test_a_fault_can_wait_for_a_later_request():
    weather = Weather()
    weather.truncate(skip=2)
    assert [bool(weather.take("/any")) for _ in range(4)] == [False, False, True, False]


def test_retry_after_may_be_seconds_or_an_http_date_or_missing():
    weather = Weather()
    weather.throttle(retry_after=7)
    weather.throttle(retry_after=datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
    weather.throttle(retry_after=None, status=503)
    faults = [weather.take("/any") for _ in range(3)]
    assert [(fault.status, fault.retry_after) for fault in faults if fault] == [
        (429, "7"),
        (429, "Mon, 02 Mar 2026 09:00:00 GMT"),
        (503, None),
    ]


def test_clearing_ends_all_faults():
    weather = Weather()
    weather.slow(5, seconds=1)
    weather.clear()
    assert weather.take("/any") is None
