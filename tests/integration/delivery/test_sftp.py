"""The contracts of couriers, kept by OpenSSH and by the upload center of the demo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bensync.delivery.sftp import Sftp
from bensync.demo.upload_center import Jail, UploadCenter
from bensync.testing.couriers import (
    CourierContract,
    SweptContract,
)
from bensync.testing.profiles import BlindContract, DirectContract, MarkerContract
from tests.fixtures.openssh import OpenSsh
from tests.fixtures.places import PROFILES, RootPlace, Swept, swept
from tests.integration.delivery.servers import Naps, center_with, settings_for


def place_at(server: OpenSsh, publish: str) -> RootPlace:
    return RootPlace(Sftp(server.settings(publish=publish), wait=Naps()), server.root)


def place_in(center: UploadCenter, publish: str) -> RootPlace:
    return RootPlace(Sftp(settings_for(center, publish=publish), wait=Naps()), center.root)


class TestOpenSshKeepsTheContract(CourierContract):
    @pytest.fixture
    def place(self, lenient: OpenSsh) -> RootPlace:
        return place_at(lenient, "rename")


class TestOpenSshKeepsTheContractOfDirect(DirectContract):
    @pytest.fixture
    def place(self, unrenaming: OpenSsh) -> RootPlace:
        return place_at(unrenaming, "direct")


class TestOpenSshKeepsTheContractOfMarkers(MarkerContract):
    @pytest.fixture
    def place(self, unrenaming: OpenSsh) -> RootPlace:
        return place_at(unrenaming, "marker")


class TestOpenSshKeepsTheContractOfBlind(BlindContract):
    @pytest.fixture
    def place(self, blind: OpenSsh) -> RootPlace:
        return place_at(blind, "blind")


class TestTheUploadCenterKeepsTheContract(CourierContract):
    @pytest.fixture
    def place(self, upload_center: UploadCenter) -> RootPlace:
        return place_in(upload_center, "rename")


class TestTheUploadCenterKeepsTheContractOfDirect(DirectContract):
    @pytest.fixture
    def place(self, upload_center: UploadCenter) -> RootPlace:
        return place_in(upload_center, "direct")


class TestTheUploadCenterKeepsTheContractOfMarkers(MarkerContract):
    @pytest.fixture
    def place(self, upload_center: UploadCenter) -> RootPlace:
        return place_in(upload_center, "marker")


class TestTheUploadCenterKeepsTheContractOfBlind(BlindContract):
    @pytest.fixture
    def place(self, upload_center: UploadCenter) -> RootPlace:
        return place_in(upload_center, "blind")


class TestASweptOpenSshKeepsTheContract(SweptContract):
    @pytest.fixture(params=PROFILES)
    def place(self, request: pytest.FixtureRequest, lenient: OpenSsh) -> Iterator[Swept]:
        courier = Sftp(lenient.settings(publish=request.param), wait=Naps())
        with swept(Swept(courier, lenient.root), request.param) as place:
            yield place


class TestASweptUploadCenterKeepsTheContract(SweptContract):
    """Here the file is gone before the answer is on its way."""

    @pytest.fixture(params=PROFILES)
    def place(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Swept]:
        profile: str = request.param
        place = Swept(Sftp.__new__(Sftp), tmp_path / "center")

        class Sweeping(Jail):
            def rename(self, oldpath: bytes, newpath: bytes) -> None:
                super().rename(oldpath, newpath)
                self.sweep()

            def close(self, file_obj: object) -> None:
                super().close(file_obj)
                self.sweep()

            def sweep(self) -> None:
                if place.counts(profile):
                    place.take()

        with center_with(place.root, Sweeping) as center:
            place.courier = Sftp(settings_for(center, publish=profile), wait=Naps())
            yield place
