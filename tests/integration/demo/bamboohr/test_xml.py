"""Answers in XML."""

from xml.etree.ElementTree import fromstring

import httpx
import pytest


@pytest.mark.parametrize(
    ("path", "root"),
    [("employees/directory", "directory"), ("employees/1", "employee"), ("employees/all/tables/jobInfo", "table")],
)
@pytest.mark.parametrize("accept", ["*/*", "text/html", "application/xml"])
def test_who_does_not_ask_for_json_gets_xml(client: httpx.Client, path: str, root: str, accept: str):
    answer = client.get(path, headers={"accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/xml")
    assert fromstring(answer.text).tag == root
