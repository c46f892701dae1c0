"""The pages of a change preview: figures, list, one person, and the decision of an approver."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from typing import Any

import polars as pl
import pytest
from django.test import Client

from orgport.history.periods import OPEN_END
from orgport.imports.lifecycle import State
from orgport.server.portal.change_preview import periods
from orgport.server.records.models import AuditEntry, ImportRecord, Role, Tenant
from orgport.server.wiring.places import artifacts_of
from tenants import a_client, a_connection, a_pushed_import, a_tenant, a_zip, an_import, html_of

pytestmark = pytest.mark.django_db

WHO_READS = (Role.INSIGHTS_ADMIN, Role.APPROVER)


@pytest.fixture
def tenant() -> Tenant:
    return a_tenant()


@pytest.fixture
def approver(tenant: Tenant) -> Client:
    return a_client(tenant, Role.APPROVER, email="ada@contoso.com")


def rows(count: int, **odd: dict[str, str]) -> list[dict[str, str]]:
    """Persons p0 to count-1, the even ones in Stores; `p3={...}` changes cells of person 3."""
    return [
        {
            "PersonId": f"p{number:02}@contoso.com",
            "ManagerId": "" if number == 0 else "p00@contoso.com",
            "Organization": "Sales" if number % 2 else "Stores",
            "EffectiveDate": "01/01/2026",
            **odd.get(f"p{number}", {}),
        }
        for number in range(count)
    ]


NEXT = [*rows(30, p3={"Organization": "Legal"}), {**rows(3)[2], "PersonId": "new@contoso.com"}]


def a_waiting_import(tenant: Tenant, **columns: Any) -> ImportRecord:
    """Forty persons are there; ten would leave, one join, one move to Legal."""
    connection = a_connection(tenant)
    a_pushed_import(connection, a_zip(rows(40)))
    record = a_pushed_import(connection, a_zip(NEXT), **columns)
    assert record.status is State.AWAITING_APPROVAL
    return record


def a_success(tenant: Tenant) -> ImportRecord:
    connection = a_connection(tenant)
    a_pushed_import(connection, a_zip(rows(40)))
    return a_pushed_import(connection, a_zip(rows(40, p3={"Organization": "Legal"})))


def page_of(client: Client, record: ImportRecord, part: str = "", *, status: int = 200) -> str:
    response = client.get(f"/imports/{record.id}/preview/{part}")
    assert response.status_code == status
    return " ".join(html_of(response).split())


def test_a_first_import_says_how_many_persons_have_a_value_in_each_field(
    approver: Client, tenant: Tenant
) -> None:
    people = [{**row, "Location": "Bilbao" if row["ManagerId"] else ""} for row in rows(40)]
    record = a_pushed_import(a_connection(tenant), a_zip(people))
    page = page_of(approver, record)
    assert "Persons with a value by field" in page
    for field, count in (("Organization", 40), ("Location", 39)):
        told = f'{field}</dt> <dd>{count} <span class="muted">of 40</span></dd>'
        assert told in page
    assert "New field" not in page
    assert "?field=" not in page
    url = f"/api/v1/tenants/{tenant.id}/imports/{record.id}/preview"
    said = approver.get(url).json()["joinersByField"]
    assert said == {"Organization": 40, "ManagerId": 39, "Location": 39}


def test_a_field_that_is_new_among_others_says_how_many_cells_it_gives(
    approver: Client, tenant: Tenant
) -> None:
    connection = a_connection(tenant)
    a_pushed_import(connection, a_zip(rows(40)))
    record = a_pushed_import(connection, a_zip([{**row, "Location": "Oslo"} for row in rows(40)]))
    page = page_of(approver, record)
    assert "Cells changed by field" in page
    assert re.search(r">Location</a> <span.*New field</span></dt> <dd>40</dd>", page)


def decide(client: Client, record: ImportRecord, decision: str, note: str = "") -> Any:
    return client.post(f"/imports/{record.id}/decision/", {"decision": decision, "note": note})


def test_the_preview_says_why_it_asks_and_how_many_of_how_many(
    approver: Client, tenant: Tenant
) -> None:
    page = page_of(approver, a_waiting_import(tenant))
    assert "10 of 40 persons would be removed, 25.0%." in page
    assert "More than the limit of 10%, so an approver decides." in page
    assert "5 of them are in Stores" in page or "5 of them are in Sales" in page
    assert "40 → 31 persons" in page
    assert "Approve, removes 10 persons" in page


def test_an_open_page_is_loaded_anew_when_its_import_begins_to_wait_and_when_it_goes_on(
    approver: Client, tenant: Tenant
) -> None:
    record = a_waiting_import(tenant)
    htmx = {"HX-Request": "true", "HX-Target": "strip"}

    def polled(seen: State) -> Any:
        return approver.get(f"/imports/{record.id}/", {"seen": seen.value}, headers=htmx)

    assert polled(State.VALIDATING)["HX-Refresh"] == "true"
    assert "HX-Refresh" not in polled(State.AWAITING_APPROVAL)
    assert "?seen=awaiting_approval" in polled(State.AWAITING_APPROVAL).content.decode()
    ImportRecord.objects.filter(id=record.id).update(state=State.PROCESSING.value)
    assert polled(State.AWAITING_APPROVAL)["HX-Refresh"] == "true"
    assert "HX-Refresh" not in polled(State.VALIDATING)


def test_the_table_of_organizations_adds_up(approver: Client, tenant: Tenant) -> None:
    page = page_of(approver, a_waiting_import(tenant))
    assert 'aria-label="6 out, 0 in"' in page  # Sales: five leave, one moves to Legal
    assert 'aria-label="5 out, 1 in"' in page
    assert 'aria-label="0 out, 1 in"' in page


def test_the_list_is_narrowed_by_kind_organization_field_and_address(
    approver: Client, tenant: Tenant
) -> None:
    record = a_waiting_import(tenant)
    assert "1–12 of 12" in page_of(approver, record, "persons/")
    leavers = page_of(approver, record, "persons/?kind=leaver")
    assert "p39@contoso.com" in leavers
    assert "new@contoso.com" not in leavers
    legal = page_of(approver, record, "persons/?organization=Legal")
    assert "1–1 of 1" in legal
    assert "<del>Sales</del>" in legal
    assert "p03@contoso.com" in page_of(approver, record, "persons/?field=Organization")
    assert "1–1 of 1" in page_of(approver, record, "persons/?q=NEW@")
    nobody = page_of(approver, record, "persons/?kind=mover&q=nobody")
    assert "Clear 2 filters" in nobody


@pytest.mark.parametrize(
    "query", ["kind=x", "field=Nothing", "page=0", "page=-1", "page=x", "page=9", "q="]
)
def test_an_address_with_nonsense_shows_the_whole_list(
    query: str, approver: Client, tenant: Tenant
) -> None:
    assert "1–12 of 12" in page_of(approver, a_waiting_import(tenant), f"persons/?{query}")


def test_a_person_is_shown_before_and_after(approver: Client, tenant: Tenant) -> None:
    record = a_waiting_import(tenant)
    listed = page_of(approver, record, "persons/?kind=mover")
    number = listed.split("preview/persons/")[-1].split("/")[0]
    page = page_of(approver, record, f"persons/{number}/")
    assert "p03@contoso.com" in page
    assert page.index("Sales") < page.index("Legal")
    assert page_of(approver, record, "persons/999999/", status=404)


def test_a_joiner_was_not_there_and_a_leaver_is_no_longer(approver: Client, tenant: Tenant) -> None:
    record = a_waiting_import(tenant)
    for kind, words, organization in (
        ("joiner", "Was not there before.", "Stores"),
        ("leaver", "Is no longer there.", "Sales"),  # the last of them is p39
    ):
        listed = page_of(approver, record, f"persons/?kind={kind}")
        number = listed.split("preview/persons/")[-1].split("/")[0]
        page = page_of(approver, record, f"persons/{number}/")
        assert words in page
        assert re.findall(r"<dt>(\w+)</dt><dd>([^<]+)</dd>", page) == [
            ("Organization", organization),
            ("ManagerId", "p00@contoso.com"),
        ]


def test_the_csv_has_everybody_and_no_formula(approver: Client, tenant: Tenant) -> None:
    connection = a_connection(tenant)
    a_pushed_import(connection, a_zip(rows(40)))
    odd = {"Organization": "=1+1"}
    record = a_pushed_import(connection, a_zip(rows(40, p3=odd)))
    response = approver.get(f"/imports/{record.id}/preview/changes.csv")
    text = b"".join(response).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["PersonId"], row["Change"], row["Fields"]) == (
        "p03@contoso.com",
        "mover",
        "Organization",
    )
    assert row["OrganizationAfter"] == "'=1+1"
    assert AuditEntry.objects.filter(action="import.changes_downloaded").count() == 1


def test_after_success_the_preview_stays_with_both_timelines(
    approver: Client, tenant: Tenant
) -> None:
    record = a_success(tenant)
    assert record.status is State.SUCCEEDED
    assert "What this import changed." in page_of(approver, record)
    listed = page_of(approver, record, "persons/")
    number = listed.split("preview/persons/")[-1].split("/")[0]
    page = page_of(approver, record, f"persons/{number}/")
    assert re.findall(r'<span class="changed">(\w+)</span>', page) == ["Sales", "Legal"]
    summary = html_of(approver.get(f"/imports/{record.id}/"))
    assert f"/imports/{record.id}/preview/" in summary


def test_one_person_is_marked_where_before_and_after_differ_on_the_same_day() -> None:
    days = [date(2026, month, 1) for month in (1, 2, 3, 4)]
    before = a_history(days, ["Stores", "Stores", "Stores", "Legal"])
    after = a_history([days[0], days[2]], ["Stores", "Legal"])
    assert shown(before, after) == [
        (days[0], days[2], "Stores", False),
        (days[2], days[3], "Stores", True),
        (days[3], None, "Legal", False),
    ]
    assert shown(after, before) == [
        (days[0], days[2], "Stores", False),
        (days[2], days[3], "Legal", True),
        (days[3], None, "Legal", False),
    ]


def test_a_day_that_only_one_side_has_differs_there() -> None:
    first, second = date(2026, 1, 1), date(2026, 2, 1)
    long, short = a_history([first], ["Stores"]), a_history([second], ["Stores"])
    assert shown(long, short) == [
        (first, second, "Stores", True),
        (second, None, "Stores", False),
    ]
    assert shown(short, long) == [(second, None, "Stores", False)]


def test_nothing_is_marked_where_the_other_side_is_empty_or_not_known() -> None:
    first, second = date(2026, 1, 1), date(2026, 2, 1)
    alone = a_history([first, second], ["Stores", "Legal"])
    unmarked = [(first, second, "Stores", False), (second, None, "Legal", False)]
    assert shown(alone, alone.clear()) == shown(alone, None) == unmarked


def a_history(starts: list[date], organizations: list[str]) -> pl.DataFrame:
    """Periods that follow each other, the last of them open."""
    ends = [*starts[1:], OPEN_END]
    return pl.DataFrame({"StartDate": starts, "EndDate": ends, "Organization": organizations})


def shown(
    mine: pl.DataFrame, other: pl.DataFrame | None
) -> list[tuple[date, date | None, str | None, bool]]:
    """The rows of one side: from, until, organization, marked."""
    rows = periods(mine, other, ["Organization"])
    return [(row.start, row.end, row.cells[0].text, row.cells[0].differs) for row in rows]


def test_a_first_import_lists_only_joiners(approver: Client, tenant: Tenant) -> None:
    record = a_pushed_import(a_connection(tenant), a_zip(rows(3)))
    page = page_of(approver, record)
    assert "0 → 3 persons" in page
    assert "1–3 of 3" in page_of(approver, record, "persons/?kind=joiner")


def test_a_second_person_approves(approver: Client, tenant: Tenant) -> None:
    record = a_waiting_import(tenant)
    response = decide(approver, record, "approve", "The stores were sold.")
    assert response.status_code == 302
    record.refresh_from_db()
    assert record.state == "processing"
    page = page_of(approver, record)
    assert "Approved by ada@contoso.com" in page
    assert "The stores were sold." in page
    assert 'value="approve"' not in page


def test_a_rejection_without_a_reason_is_sent_back_with_one_asked_for(
    approver: Client, tenant: Tenant
) -> None:
    record = a_waiting_import(tenant)
    response = decide(approver, record, "reject")
    assert response.status_code == 400
    page = " ".join(html_of(response).split())
    assert '<a href="#note">Note: Say why you reject' in page
    assert 'aria-describedby="note-error note-hint" aria-invalid="true"' in page
    assert (
        "10 of 40 persons would be removed, 25.0%." in page
    )  # what asks for a decision stays there
    assert decide(approver, record, "reject", "A region is missing.").status_code == 302
    record.refresh_from_db()
    assert record.state == "abandoned"
    assert "Rejected by ada@contoso.com" in page_of(approver, record)


def test_the_address_of_a_decision_that_was_sent_back_leads_to_the_import(
    approver: Client, tenant: Tenant
) -> None:
    record = a_waiting_import(tenant)
    answer = approver.get(f"/imports/{record.id}/decision/")
    assert answer["Location"] == f"/imports/{record.id}/"


def test_the_page_of_a_waiting_import_says_what_is_past_which_limit(
    approver: Client, tenant: Tenant
) -> None:
    record = a_waiting_import(tenant)
    page = " ".join(html_of(approver.get(f"/imports/{record.id}/")).split())
    assert "10 of 40 persons would be removed, 25.0%. More than the limit of 10%" in page
    assert f"Import {record.number}, pushed by" in page


def test_a_decision_that_comes_too_late_is_a_conflict(approver: Client, tenant: Tenant) -> None:
    record = a_waiting_import(tenant)
    decide(approver, record, "approve")
    response = decide(approver, record, "reject", "No.")
    assert response.status_code == 409
    assert "There is nothing to decide" in html_of(response)


def test_who_submitted_it_is_refused_and_sees_no_buttons(approver: Client, tenant: Tenant) -> None:
    record = a_waiting_import(tenant, submitted_by="ADA@contoso.com")
    assert 'value="approve"' not in page_of(approver, record)
    assert decide(approver, record, "approve").status_code == 403


def test_an_unknown_decision_is_refused(approver: Client, tenant: Tenant) -> None:
    assert decide(approver, a_waiting_import(tenant), "perhaps").status_code == 400


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.APPROVER])
def test_only_an_approver_decides(role: Role, tenant: Tenant) -> None:
    record = a_waiting_import(tenant)
    response = decide(a_client(tenant, role), record, "approve")
    assert response.status_code == 403
    record.refresh_from_db()
    assert record.state == "awaiting_approval"


@pytest.mark.parametrize("role", list(Role))
def test_the_preview_opens_for_its_roles_only(role: Role, tenant: Tenant) -> None:
    record = a_success(tenant)
    client = a_client(tenant, role)
    for part in ("", "persons/", "changes.csv"):
        status = client.get(f"/imports/{record.id}/preview/{part}").status_code
        assert status == (200 if role in WHO_READS else 403), part


def test_an_import_that_was_not_compared_says_so(approver: Client, tenant: Tenant) -> None:
    running = an_import(tenant, State.VALIDATING)
    assert "has not been compared yet" in page_of(approver, running, status=409)


def test_an_import_that_failed_was_never_compared(approver: Client, tenant: Tenant) -> None:
    failed = an_import(tenant, State.VALIDATION_FAILED)
    assert "ended before it was compared" in page_of(approver, failed, status=409)


def test_a_preview_past_its_time_is_gone(approver: Client, tenant: Tenant) -> None:
    record = a_success(tenant)
    artifacts_of(record).drop()
    assert "kept for its time" in page_of(approver, record, status=410)
