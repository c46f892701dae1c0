"""The pages of an import with more than 100,000 findings: quick to open, and paged."""

from __future__ import annotations

import re
from time import perf_counter

import pytest
from django.test import Client

from factories import a_person
from orgport.server.records.models import Role
from tenants import a_client, a_connection, a_pushed_import, a_tenant, a_zip

pytestmark = pytest.mark.django_db

ROWS = 26_000
SECONDS = 0.3  # of the server, the best of some tries: others use this machine too
TRIES = 8


@pytest.fixture
def opened() -> tuple[Client, str]:
    """An import of which every row has four wrong cells, and somebody who may correct it."""
    people = [
        a_person(
            number,
            ManagerId=f"manager {number}",
            HireDate=f"{number % 28 + 1}.{number % 12 + 1}.2024",
            HourlyRate=f"{number % 500},50",
            Layer="n/a",
        )
        for number in range(ROWS)
    ]
    tenant = a_tenant()
    failed = a_pushed_import(a_connection(tenant), a_zip(people))
    assert failed.error_count == 4 * ROWS > 100_000
    return a_client(tenant, Role.INSIGHTS_ADMIN), f"/imports/{failed.id}/"


def test_its_pages_open_within_three_tenths_of_a_second(opened: tuple[Client, str]) -> None:
    client, address = opened
    for part in ("", "?code=VAL_EMAIL&column=2&page=900", "findings/", "findings/?page=2000"):
        took = []
        for _ in range(TRIES):
            began = perf_counter()
            assert client.get(address + part).status_code == 200
            took.append(perf_counter() - began)
        print(f"{part or 'by cause'}: {min(took):.3f} s")
        assert min(took) < SECONDS


def test_the_values_of_one_cause_come_twenty_five_a_page(opened: tuple[Client, str]) -> None:
    client, address = opened
    page = client.get(f"{address}?code=VAL_EMAIL&column=2&page=2").content.decode()
    assert re.findall(r'name="new"[^>]*value="manager (\d+)"', page) == [*map(str, range(25, 50))]
    assert "26–50 of 26,000 different values" in page
    assert "?code=VAL_EMAIL&amp;column=2&amp;page=1#by-cause" in page
    for number in (1040, 1041):  # the last, and behind it
        last = client.get(f"{address}?code=VAL_EMAIL&column=2&page={number}").content.decode()
        assert "25,976–26,000 of 26,000 different values" in last
        assert "page=1039#by-cause" in last
        assert ">Next</a>" not in last
