"""The pages of one import: its end, its findings by cause and by line, its files."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from factories import a_person
from orgport.imports.lifecycle import State
from orgport.server.records.models import AuditEntry, ImportRecord, Role, Tenant
from orgport.server.wiring.places import artifacts_of
from tenants import a_client, a_connection, a_pushed_import, a_tenant, a_zip, an_import

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return a_tenant()


@pytest.fixture
def client(tenant: Tenant) -> Client:
    return a_client(tenant, Role.INSIGHTS_ADMIN, email="insights@contoso.com")


def persons(count: int, **odd: dict[str, str]) -> list[dict[str, str]]:
    """Persons 0 to count-1; `p3={...}` changes cells of person 3."""
    return [a_person(number, **odd.get(f"p{number}", {})) for number in range(count)]


def a_success(tenant: Tenant) -> ImportRecord:
    return a_pushed_import(a_connection(tenant), a_zip(persons(5)))


def a_failure(tenant: Tenant) -> ImportRecord:
    odd: dict[str, Any] = {f"p{number}": {"ManagerId": "nobody@"} for number in range(2, 14)}
    odd |= {"p14": {"ManagerId": "#N/A"}, "p15": {"EffectiveDate": "31/12/2025"}}
    return a_pushed_import(a_connection(tenant), a_zip(persons(20, **odd)))


def page_of(client: Client, record: ImportRecord, part: str = "") -> str:
    response = client.get(f"/imports/{record.id}/{part}")
    assert response.status_code == 200
    return response.content.decode()


def body_of(client: Client, record: ImportRecord, part: str) -> str:
    response = client.get(f"/imports/{record.id}/{part}")
    assert response.status_code == 200
    return b"".join(response).decode()


def test_a_failed_import_opens_at_its_causes_with_exact_counts(
    client: Client, tenant: Tenant
) -> None:
    record = a_failure(tenant)
    assert record.state == State.VALIDATION_FAILED.value
    page = page_of(client, record)
    assert "data is unchanged" in page
    assert "ManagerId is not an e-mail address" in page
    assert "2 different values in 13 rows, first in line 4." in page
    assert "EffectiveDate is not a date of the mapped form" in page
    causes = re.findall(r'<details class="cause"[^>]*>.*?<code>(\w+)</code>', page, re.DOTALL)
    assert causes[:2] == ["VAL_EMAIL", "VAL_DATE"]  # the most frequent first


def test_the_values_of_a_cause_stand_there_once_with_their_lines(
    client: Client, tenant: Tenant
) -> None:
    record = a_failure(tenant)
    assert page_of(client, record).count('value="nobody@"') == 1  # a field for who may correct it
    page = page_of(a_client(tenant, Role.APPROVER), record)
    assert page.count("<code>nobody@</code>") == 1
    lines = re.findall(
        r"<code>([^<]+)</code>\s*</div>\s*</td>\s*<td[^>]*>\s*<div>(\d+)</div>", page
    )
    assert lines[:2] == [("nobody@", "12"), ("#N/A", "1")]


def test_findings_can_be_read_line_by_line_and_of_one_cause(client: Client, tenant: Tenant) -> None:
    record = a_failure(tenant)
    every = page_of(client, record, "findings/")
    assert every.index("line 4") < every.index("line 17")
    one = page_of(client, record, "findings/?code=VAL_DATE&column=4")
    assert "31/12/2025" in one
    assert "nobody@" not in one
    assert "1–1 of 1" in one


def test_findings_come_fifty_a_page(client: Client, tenant: Tenant) -> None:
    odd: dict[str, Any] = {f"p{number}": {"ManagerId": "x"} for number in range(1, 61)}
    record = a_pushed_import(a_connection(tenant), a_zip(persons(70, **odd)))
    first = page_of(client, record, "findings/?code=VAL_EMAIL")
    assert "1–50 of 60" in first
    assert ">Next</a>" in first
    second = page_of(client, record, "findings/?code=VAL_EMAIL&page=2")
    assert "51–60 of 60" in second
    assert ">Next</a>" not in second


@pytest.mark.parametrize("query", ["?page=0", "?page=-1", "?page=x", "?column=1e9", "?code=NO"])
def test_an_odd_address_of_findings_is_no_fault(client: Client, tenant: Tenant, query: str) -> None:
    page_of(client, a_failure(tenant), f"findings/{query}")


def test_a_circle_of_managers_is_drawn_from_one_to_the_next(client: Client, tenant: Tenant) -> None:
    odd: dict[str, Any] = {
        "p3": {"ManagerId": "person4@contoso.com"},
        "p4": {"ManagerId": "person3@contoso.com"},
    }
    page = page_of(client, a_pushed_import(a_connection(tenant), a_zip(persons(9, **odd))))
    circle = page.split('class="circle"')[1].split("</ol>")[0]
    members = re.findall(r"<span>([^<]+)</span>", circle)
    assert members == ["person3@contoso.com", "person4@contoso.com", "person3@contoso.com"]


def test_the_error_log_is_a_csv_that_spreadsheets_open(client: Client, tenant: Tenant) -> None:
    record = a_failure(tenant)
    response = client.get(f"/imports/{record.id}/errors.csv")
    text = b"".join(response).decode()
    name = f"{record.name}_{record.id}_errors.csv"
    assert name in response["Content-Disposition"]
    assert text.startswith("\ufeffSeverity,Code,Level,Line,")
    assert text.count("VAL_EMAIL") >= 13
    assert response["Cache-Control"] == "no-store"


def test_the_error_log_comes_as_json_lines_too(client: Client, tenant: Tenant) -> None:
    assert '"code":"VAL_DATE"' in body_of(client, a_failure(tenant), "errors.jsonl")


def test_the_correction_file_holds_the_failed_rows(client: Client, tenant: Tenant) -> None:
    text = body_of(client, a_failure(tenant), "correction-file.csv")
    assert "_errors" in text.splitlines()[0]
    assert "person15@contoso.com" in text
    assert "person19@contoso.com" not in text


def test_who_fetched_a_log_is_in_the_audit_trail(client: Client, tenant: Tenant) -> None:
    record = a_failure(tenant)
    body_of(client, record, "errors.csv")
    entry = AuditEntry.objects.get(action="import.error_log_downloaded")
    assert (entry.actor, entry.subject) == ("insights@contoso.com", str(record.id))


def test_a_log_that_is_no_longer_kept_is_gone_and_the_page_says_so(
    client: Client, tenant: Tenant
) -> None:
    record = a_failure(tenant)
    artifacts_of(record).drop()
    assert client.get(f"/imports/{record.id}/errors.csv").status_code == 410
    assert client.get(f"/imports/{record.id}/findings/").status_code == 410
    assert "The log is no longer kept." in page_of(client, record)


def test_a_running_import_has_no_log_yet(client: Client, tenant: Tenant) -> None:
    record = an_import(tenant, State.VALIDATING)
    response = client.get(f"/imports/{record.id}/errors.csv")
    assert response.status_code == 409
    assert "still running" in response.content.decode()


def test_a_package_that_cannot_be_read_is_explained_too(client: Client, tenant: Tenant) -> None:
    package = a_zip([{"Nobody": "x"}])
    record = a_pushed_import(a_connection(tenant), package)
    assert record.state == State.VALIDATION_FAILED.value
    page = page_of(client, record)
    assert "Findings by cause" in page
    assert "Correction file" not in page
    assert client.get(f"/imports/{record.id}/correction-file.csv").status_code == 409


def test_a_success_shows_what_it_brought(client: Client, tenant: Tenant) -> None:
    record = a_success(tenant)
    assert record.state == State.SUCCEEDED.value
    assert "5 rows are part of the history." in page_of(client, record)
    summary = page_of(client, record, "summary/")
    assert record.package_sha256 in summary
    assert "What changed" in summary
    assert "Duration by stage" in summary
    mapping = page_of(client, record, "mapping/")
    assert "Date, MM/DD/YYYY" in mapping
    assert mapping.count('<th scope="row"') == 4


def test_a_failed_processing_says_why_and_what_to_do(client: Client, tenant: Tenant) -> None:
    record = an_import(tenant, State.PROCESSING_FAILED, failure="The history was out of reach.")
    page = page_of(client, record)
    assert "The history was out of reach." in page
    assert "Push the same package again." in page


def test_the_page_of_a_running_import_follows_it_to_its_end(client: Client, tenant: Tenant) -> None:
    record = an_import(tenant, State.VALIDATING)
    assert 'hx-trigger="every 2s"' in page_of(client, record)
    htmx = {"HX-Request": "true", "HX-Target": "strip"}
    strip = client.get(f"/imports/{record.id}/", headers=htmx)
    assert "<html" not in strip.content.decode()
    ImportRecord.objects.filter(id=record.id).update(state=State.ABANDONED.value)
    ended = client.get(f"/imports/{record.id}/", headers=htmx)
    assert ended["HX-Refresh"] == "true"


def test_cells_are_shown_as_text(client: Client, tenant: Tenant) -> None:
    odd: dict[str, Any] = {"p3": {"ManagerId": "<img src=x>"}}
    page = page_of(client, a_pushed_import(a_connection(tenant), a_zip(persons(9, **odd))))
    assert "<img" not in page
    assert "&lt;img src=x&gt;" in page
