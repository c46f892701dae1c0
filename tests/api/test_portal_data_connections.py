"""Data connections: current source, running import, history with filters, notices, abandoning."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from orgport.imports.lifecycle import State, Transition
from orgport.server.records.ledger import RecordsLedger
from orgport.server.records.models import (
    AuditEntry,
    Connection,
    ImportRecord,
    Notice,
    Role,
    SourceKind,
    Tenant,
)
from orgport.server.wiring.registrations import add_certificate
from tenants import (
    a_certificate,
    a_client,
    a_connection,
    a_tenant,
    an_app,
    an_import,
    by_admin,
    now,
)

pytestmark = pytest.mark.django_db
URL = "/organizational-data/"
LIVE = "/organizational-data/live/"


@pytest.fixture
def tenant() -> Tenant:
    return a_tenant()


@pytest.fixture
def client(tenant: Tenant) -> Client:
    return a_client(tenant, Role.INSIGHTS_ADMIN, email="insights@contoso.com")


def page_of(client: Client, query: str = "") -> str:
    return client.get(f"{URL}{query}").content.decode()


def seen(page: str) -> str:
    found = re.search(r"seen=([^\"&]+)", page)
    assert found is not None
    return found[1]


def names(page: str) -> list[str]:
    return re.findall(
        r'<th scope="row"[^>]*>\s*<a id="import-\d+" href="/imports/[^"]+">([^<]+)</a>', page
    )


def test_before_any_source_the_directory_is_current_and_the_page_says_what_to_do(
    client: Client,
) -> None:
    page = page_of(client)
    assert "Azure Active Directory" in page
    assert "No imports yet" in page
    assert "data sources" in page


def test_the_current_source_is_shown_with_its_connection_app_and_certificates(
    client: Client, tenant: Tenant
) -> None:
    a_connection(tenant, "HRIS nightly")
    page = page_of(client)
    assert "Automated import: HRIS nightly" in page
    assert "1 valid, 89 days left" in page or "1 valid, 90 days left" in page


def test_of_several_certificates_the_next_to_end_is_told(client: Client, tenant: Tenant) -> None:
    app = an_app(tenant)
    soon = a_certificate("Old sender", days=12)
    add_certificate(app, soon, description="Old sender", by=by_admin())
    a_connection(tenant, app=app)
    assert re.search(r"2 valid, next expires in 1[12] days", page_of(client))


def test_a_source_without_a_valid_certificate_is_suspended(client: Client, tenant: Tenant) -> None:
    connection = a_connection(tenant)
    assert connection.app is not None
    connection.app.certificates.all().delete()
    page = page_of(client)
    assert "Suspended" in page
    assert "None valid: pushes are refused" in page


def test_the_list_of_sources_leads_to_the_window_and_that_to_the_page(client: Client) -> None:
    sources = client.get("/organizational-data/data-sources/").content.decode()
    window = "/organizational-data/data-sources/automated-import/"
    assert f'href="{window}"' in sources
    shown = client.get(window).content.decode()
    assert "Switch to: Automated import" in shown
    assert "The directory cannot become the sole source again." in shown
    assert 'href="/organizational-data/automated-import/">Start</a>' in shown


def test_no_warning_of_the_directory_once_a_file_source_has_replaced_it(
    client: Client, tenant: Tenant
) -> None:
    a_connection(tenant)
    window = client.get("/organizational-data/data-sources/automated-import/").content.decode()
    assert "sole source" not in window


def test_a_running_import_stands_above_the_history_with_its_six_stages(
    client: Client, tenant: Tenant
) -> None:
    an_import(tenant, State.VALIDATING, progress_share=0.62, progress_rows=7662)
    page = page_of(client)
    stages = re.findall(r'<li class="(\w+)"(?: aria-current="step")?>', page.split("stages")[1])
    assert stages[:6] == ["done", "done", "now", "maybe", "next", "next"]
    assert "Validating, 62%" in page
    assert "7,662 rows so far" in page
    assert 'hx-trigger="every 2s"' in page


def test_nothing_is_sent_while_nothing_changes(client: Client, tenant: Tenant) -> None:
    an_import(tenant)
    page = page_of(client)
    assert 'hx-trigger="every 5s"' in page
    assert client.get(f"{LIVE}?seen={seen(page)}").status_code == 204


def test_an_import_that_arrives_appears_without_a_reload(client: Client, tenant: Tenant) -> None:
    before = seen(page_of(client))
    an_import(tenant, State.VALIDATING, name="Night run")
    fragment = client.get(f"{LIVE}?seen={before}").content.decode()
    assert "<html" not in fragment
    assert 'id="running"' in fragment
    assert 'id="history"' in fragment
    assert "Night run: Validating" in fragment  # announced


def test_progress_alone_is_shown_but_not_announced(client: Client, tenant: Tenant) -> None:
    record = an_import(tenant, State.VALIDATING)
    before = seen(page_of(client))
    ImportRecord.objects.filter(id=record.id).update(progress_share=0.5)
    fragment = client.get(f"{LIVE}?seen={before}").content.decode()
    assert "Validating, 50%" in fragment
    assert 'id="history"' not in fragment
    assert 'id="stage-said"' not in fragment


def test_the_end_of_a_stage_brings_a_notice_to_the_top_right_and_the_bell(
    client: Client, tenant: Tenant
) -> None:
    record = an_import(tenant, State.VALIDATING, error_count=3)
    before = seen(page_of(client))
    RecordsLedger().advance(record.id, Transition.FAIL_VALIDATION, by="orgport", at=now())
    fragment = client.get(f"{LIVE}?seen={before}").content.decode()
    assert 'id="toasts"' in fragment
    assert "Validation failed" in fragment
    assert 'role="alert"' in fragment
    assert 'aria-label="Notices, 1 new"' in fragment


def test_a_notice_stays_until_it_is_dismissed_by_each_account(
    client: Client, tenant: Tenant
) -> None:
    record = an_import(tenant)
    for kind, title in (("validation_succeeded", "First"), ("processing_succeeded", "Second")):
        Notice.objects.create(tenant=tenant, about=record, kind=kind, tone="success", title=title)
    page = page_of(client)
    assert "Second" in page
    assert "1 more notice" in page
    newest = Notice.objects.first()
    assert newest is not None
    answer = client.post(f"/notices/{newest.id}/dismiss/", headers={"HX-Request": "true"})
    assert "First" in answer.content.decode()
    assert "Second" not in answer.content.decode()
    assert "Second" in client.get("/notices/").content.decode()
    other = a_client(tenant, Role.INSIGHTS_ADMIN)
    assert 'aria-label="Notices, 2 new"' in page_of(other)


def test_all_notices_can_be_dismissed_at_once(client: Client, tenant: Tenant) -> None:
    for kind in ("a", "b", "c"):
        Notice.objects.create(tenant=tenant, kind=kind, tone="information", title=kind)
    assert "Dismiss all 3" in client.get("/notices/").content.decode()
    client.post("/notices/dismiss-all/")
    assert 'aria-label="Notices"' in page_of(client)


def test_the_actions_of_an_import_follow_its_status(client: Client, tenant: Tenant) -> None:
    done = an_import(tenant)
    failed = an_import(tenant, State.VALIDATION_FAILED)
    abandoned = an_import(tenant, State.ABANDONED)
    page = page_of(client)
    for record, parts in (
        (done, {"summary/", "mapping/", "undo/"}),
        (failed, {"summary/", "errors.csv"}),
        (abandoned, {"summary/"}),
    ):
        found = set(re.findall(rf'class="icon-button"[^>]*/imports/{record.id}/([\w./]+)"', page))
        assert found == parts, record.state
    assert f'<a class="chip bad" id="status-{failed.number}" href="/imports/{failed.id}/">' in page


def test_the_history_shows_25_a_page_newest_first(client: Client, tenant: Tenant) -> None:
    start = now() - timedelta(days=40)
    for number in range(30):
        an_import(tenant, name=f"Run {number}", received_at=start + timedelta(days=number))
    first = page_of(client)
    assert names(first) == [f"Run {number}" for number in range(29, 4, -1)]
    assert "1–25 of 30." in first
    assert ">Older</a>" in first
    assert ">Newer</a>" not in first
    assert names(page_of(client, "?page=2")) == [f"Run {number}" for number in range(4, -1, -1)]
    assert names(page_of(client, "?page=99")) == names(page_of(client, "?page=2"))


def test_the_history_is_narrowed_by_status_source_and_time(client: Client, tenant: Tenant) -> None:
    an_import(tenant, name="Old", received_at=now() - timedelta(days=60))
    an_import(tenant, State.VALIDATION_FAILED, name="Refused")
    an_import(tenant, State.PROCESSING_FAILED, name="Broken")
    an_import(tenant, name="By hand", source=SourceKind.CSV)
    assert set(names(page_of(client, "?status=failed"))) == {"Refused", "Broken"}
    assert names(page_of(client, "?status=validation_failed")) == ["Refused"]
    assert names(page_of(client, "?source=csv")) == ["By hand"]
    assert set(names(page_of(client, "?span=month"))) == {"Refused", "Broken", "By hand"}
    assert len(names(page_of(client, "?status=nonsense&source=x"))) == 4


def test_no_match_says_so_and_offers_to_clear_the_filters(client: Client, tenant: Tenant) -> None:
    an_import(tenant)
    page = page_of(client, "?status=abandoned&span=month")
    assert "No import with the status Abandoned in the last 30 days." in page
    assert "Clear 2 filters" in page


def test_the_history_can_be_taken_along_as_csv_without_formulas(
    client: Client, tenant: Tenant
) -> None:
    an_import(tenant, name="=cmd()")
    an_import(tenant, State.ABANDONED, name="Given up")
    response = client.get("/organizational-data/history.csv?status=success")
    lines = b"".join(response).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Name,Id,Source,Type,")
    assert len(lines) == 2
    assert lines[1].startswith("'=cmd(),")


def test_abandoning_asks_first_and_then_leaves_the_data_as_they_are(
    client: Client, tenant: Tenant
) -> None:
    record = an_import(tenant, State.VALIDATING, connection=a_connection(tenant))
    url = f"/imports/{record.id}/abandon/"
    assert "nothing of it reaches the data" in client.get(url).content.decode()
    record.refresh_from_db()
    assert record.state == State.VALIDATING.value
    assert client.post(url)["Location"] == URL
    record.refresh_from_db()
    assert record.state == State.ABANDONED.value
    entry = AuditEntry.objects.get(action="import.abandon")
    assert (entry.actor, entry.subject) == ("insights@contoso.com", str(record.id))


def test_what_has_ended_cannot_be_abandoned(client: Client, tenant: Tenant) -> None:
    record = an_import(tenant)
    response = client.post(f"/imports/{record.id}/abandon/")
    assert response.status_code == 409
    assert "It has ended already: Success." in response.content.decode()


def test_an_import_that_is_being_committed_cannot_be_abandoned_any_more(
    client: Client, tenant: Tenant
) -> None:
    record = an_import(tenant, State.PROCESSING, commit_began_at=now())
    response = client.post(f"/imports/{record.id}/abandon/")
    assert response.status_code == 409
    assert "can no longer be abandoned" in response.content.decode()
    assert Connection.objects.count() == 0


def test_names_from_outside_are_shown_as_text(client: Client, tenant: Tenant) -> None:
    an_import(tenant, State.VALIDATING, name="<script>alert(1)</script>")
    page = page_of(client)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_an_import_that_waits_leads_to_its_preview(client: Client, tenant: Tenant) -> None:
    waiting = an_import(tenant, State.AWAITING_APPROVAL, decide_by=now() + timedelta(hours=1))
    preview = f'href="/imports/{waiting.id}/preview/">Open change preview</a>'
    assert preview in page_of(client)
    sender = a_client(tenant, Role.DATA_SOURCE_ADMIN, email="sender@contoso.com")
    assert preview not in page_of(sender)


def test_the_address_of_a_sender_in_a_line_of_facts_is_one_piece(
    client: Client, tenant: Tenant
) -> None:
    an_import(tenant, submitted_by="lena@contoso.com")
    facts = client.get("/organizational-data/").content.decode().split('<td class="meta">')[1]
    assert '<span class="whole">lena<wbr>@contoso.com</span>' in facts
