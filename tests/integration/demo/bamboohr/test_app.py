"""The addresses of the fake."""

import httpx

from bensync.demo.bamboohr.server import Server


def test_both_addresses_answer_alike_with_and_without_a_last_slash(client: httpx.Client, server: Server):
    path = "employees/changed"
    bases = (server.url, server.gateway_url)
    answers = [client.get(f"{base}/{path}{end}?since=2026-01-01T00:00:00Z") for base in bases for end in ("", "/")]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1


def test_a_wrong_company_in_the_older_address_is_not_found(client: httpx.Client, server: Server):
    assert client.get(server.gateway_url.replace("acme", "other") + "/employees/1").status_code == 404


def test_paths_and_methods_that_do_not_exist_are_not_found(client: httpx.Client):
    assert client.get("employees/1/shoes").status_code == 404
    assert client.get("nonsense").status_code == 404
    assert client.get("reports/custom").status_code == 404
    assert client.put("meta/lists/17").status_code == 404
