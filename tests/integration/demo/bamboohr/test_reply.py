"""The answers of the fake and its refusals."""

import httpx


def test_a_missing_employee_has_the_reason_twice_in_two_headers(client: httpx.Client):
    answer = client.get("employees/4711")
    assert (answer.status_code, answer.content) == (404, b"")
    reason = "Employee not found, Employee not found"
    assert answer.headers["x-bamboohr-error-message"] == answer.headers["x-bamboohr-error-messsage"] == reason


def test_the_answer_carries_the_time_of_the_company(client: httpx.Client):
    assert client.get("meta/users").headers["date"] == "Mon, 02 Mar 2026 09:00:00 GMT"
