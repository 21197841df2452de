"""The connector keeps the contract of a source, at both addresses of BambooHR."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from bensync.connectors.bamboohr import BambooHR
from bensync.demo.bamboohr.server import serve
from bensync.demo.company.company import Company
from bensync.testing.connectors import SourceContract
from tests.integration.connectors.bamboohr.company import (
    START,
    CompanyWorld,
    no_wait,
    opened,
    settings,
)


class TestBambooHRKeepsTheContract(SourceContract):
    @pytest.fixture
    def world(self) -> Iterator[CompanyWorld]:
        company = Company(now=START)
        with opened(company) as source:
            yield CompanyWorld(company, source)


class TestBambooHRKeepsTheContractAtTheOlderAddress(SourceContract):
    @pytest.fixture
    def world(self) -> Iterator[CompanyWorld]:
        company = Company(now=START)
        company.empty_maps_as_lists = True
        company.nested_custom_tables = True
        company.uninvited = ["lastName", "gender"]
        with (
            serve(company) as server,
            closing(BambooHR(settings(server.gateway_url, company, batch=1000), sleep=no_wait)) as source,
        ):
            yield CompanyWorld(company, source)
