"""The findings of a failed import, narrowed to a rule and a column by the address."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from factories import a_person
from orgport.server.records.models import ImportRecord, Role
from tenants import a_client, a_connection, a_pushed_import, a_tenant, a_zip

pytestmark = pytest.mark.django_db


@pytest.fixture
def failed() -> ImportRecord:
    """Wrong addresses in two columns, and wrong dates."""
    people = [a_person(number) for number in range(12)]
    for number in (3, 4):
        people[number]["ManagerId"] = "nobody"
    people[5]["PersonId"] = "somebody"
    people[6]["EffectiveDate"] = "31/12/2025"
    return a_pushed_import(a_connection(a_tenant()), a_zip(people))


@pytest.fixture
def client(failed: ImportRecord) -> Client:
    return a_client(failed.tenant, Role.INSIGHTS_ADMIN)


def causes(client: Client, failed: ImportRecord, query: str) -> list[tuple[str, str]]:
    """Code and title of the causes that the page shows."""
    page = client.get(f"/imports/{failed.id}/{query}").content.decode()
    found = re.findall(r'class="words">\s*<b>([^<]*)</b> <code>([^<]*)<', page)
    return [(code, title) for title, code in found]


def test_a_rule_and_a_column_narrow_the_causes(client: Client, failed: ImportRecord) -> None:
    every = causes(client, failed, "")
    of_rule = causes(client, failed, "?code=VAL_EMAIL")
    assert of_rule == [one for one in every if one[0] == "VAL_EMAIL"]
    assert len(of_rule) == 2
    of_column = causes(client, failed, "?column=2")
    assert [code for code, _ in of_column] == ["VAL_EMAIL"]
    assert causes(client, failed, "?code=VAL_DATE&column=2") == []


def test_what_the_import_does_not_have_is_no_filter(client: Client, failed: ImportRecord) -> None:
    every = causes(client, failed, "")
    for query in ("?code=NO_SUCH", "?column=99", "?column=x", "?page=x", "?page=-1"):
        assert causes(client, failed, query) == every


def test_behind_the_last_page_stands_the_last(client: Client, failed: ImportRecord) -> None:
    for query in ("?", "?code=VAL_DATE&", "?code=VAL_EMAIL&column=2&", "findings/?"):
        rows = [
            re.findall(
                r"<(?:td|tr|code)\b.*", client.get(f"/imports/{failed.id}/{asked}").content.decode()
            )
            for asked in (query, f"{query}page=900")
        ]
        assert rows[1] == rows[0] != []


def test_the_filters_stand_in_the_form_and_in_the_way_to_the_other_view(
    client: Client, failed: ImportRecord
) -> None:
    page = client.get(f"/imports/{failed.id}/?code=VAL_EMAIL&column=2").content.decode()
    assert '<option value="VAL_EMAIL" selected>' in page
    assert '<option value="2" selected>ManagerId' in page
    assert f"/imports/{failed.id}/findings/?code=VAL_EMAIL&amp;column=2" in page
    assert "Clear 2 filters" in page
    assert f"/imports/{failed.id}/cells/?code=VAL_EMAIL&amp;column=2" in page
