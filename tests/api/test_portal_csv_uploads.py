"""The csv upload in the portal: switch to it, prepare and upload, map the columns, validate."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from orgport.imports.lifecycle import State
from orgport.server.records.models import AuditEntry, CsvDraft, ImportRecord, Role, Tenant
from orgport.server.wiring import csv_uploads
from orgport.server.wiring.places import history_of, inbox
from orgport.server.wiring.retention import remove_what_is_over
from tenants import a_client, a_connection, a_pushed_import, a_tenant, a_zip, now, run

pytestmark = pytest.mark.django_db

CSV_UPLOAD = "/organizational-data/csv-upload/"
SWITCH = "/organizational-data/data-sources/csv-upload/"
A, B = "anna@contoso.com", "ben@contoso.com"
PEOPLE = (
    "Email,Manager e-mail,Org Unit (EN),EffectiveDate,Shoe size/EU\n"
    f"{A},,Board,31/01/2025,38\n"
    f'{B},{A},"Sales, North",31/01/2025,43.5\n'
)
ROW = {"PersonId": A, "ManagerId": "", "Organization": "Board", "EffectiveDate": "01/01/2025"}


@pytest.fixture
def tenant() -> Tenant:
    return a_tenant()


@pytest.fixture
def client(tenant: Tenant) -> Client:
    made = a_client(tenant, Role.INSIGHTS_ADMIN)
    assert made.post(SWITCH).status_code == 302
    return made


def upload(
    client: Client, content: str | bytes, *, refresh: str = "full", name: str = "people.csv"
) -> Any:
    raw = content.encode() if isinstance(content, str) else content
    form = {"name": "November", "file": SimpleUploadedFile(name, raw)}
    return client.post(f"{CSV_UPLOAD}new/?refresh={refresh}", form)


def draft_of(client: Client, content: str, *, refresh: str = "full") -> CsvDraft:
    answer = upload(client, content, refresh=refresh)
    assert answer.status_code == 302, answer.content.decode()
    draft: CsvDraft = CsvDraft.objects.latest("changed_at")
    return draft


def mapping_url(draft: CsvDraft) -> str:
    return f"{CSV_UPLOAD}{draft.id}/"


def fields_of(draft: CsvDraft) -> list[str]:
    draft.refresh_from_db()
    return [column["field"] for column in draft.columns]


def go_on(client: Client, draft: CsvDraft, **form: str) -> Any:
    return client.post(mapping_url(draft), {"next": "1", **form})


MAPPED = {
    "field-1": "PersonId",
    "field-2": "ManagerId",
    "field-3": "Organization",
    "field-4": "EffectiveDate",
    "type-4": "DateTime_DDMMYYYY",
    "field-5": "",
    "own-5": "Shoe_size",
}


def test_switching_warns_that_the_directory_cannot_become_the_sole_source_again(
    tenant: Tenant,
) -> None:
    client = a_client(tenant, Role.INSIGHTS_ADMIN)
    window = client.get(SWITCH).content.decode()
    assert "Switch to: .csv upload" in window
    assert "The directory cannot become the sole source again." in window


def test_while_csv_upload_is_the_source_data_connections_lead_to_a_new_upload(
    client: Client,
) -> None:
    page = client.get("/organizational-data/").content.decode()
    assert re.search(rf'href="{CSV_UPLOAD}">\s*Edit or start new upload', page)


def test_without_csv_upload_as_source_nothing_is_taken(tenant: Tenant) -> None:
    client = a_client(tenant, Role.INSIGHTS_ADMIN)
    a_connection(tenant)
    assert client.get(f"{CSV_UPLOAD}new/").status_code == 302
    assert upload(client, PEOPLE).headers["Location"] == "/organizational-data/data-sources/"
    assert not CsvDraft.objects.exists()


def test_a_first_upload_goes_straight_to_step_1(client: Client) -> None:
    answer = client.get(CSV_UPLOAD)
    assert answer.headers["Location"] == f"{CSV_UPLOAD}new/"
    page = client.get(f"{CSV_UPLOAD}new/").content.decode()
    assert "Step 1 of 2: Prepare and upload" in page
    assert "Download .csv template" in page


def test_the_template_is_a_csv_of_the_catalogues_headers(client: Client) -> None:
    answer = client.get("/templates/data.csv")
    assert answer.content.decode().startswith("PersonId,")
    assert answer.headers["Content-Type"].startswith("text/csv")


def test_where_data_are_the_four_actions_are_offered(client: Client, tenant: Tenant) -> None:
    a_pushed_import(a_connection(tenant, is_active=False), a_zip([ROW]))
    page = client.get(CSV_UPLOAD).content.decode()
    for act in (
        "Add or edit data",
        "Replace all data",
        "Delete optional fields",
        "Delete employee data",
    ):
        assert act in page


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (PEOPLE, "people.xlsx", "people.xlsx ends in .xlsx; .csv was expected."),
        ("PersonId\n", "people.csv", "has a header and no row"),
        ("PersonId;ManagerId\na;b\n", "people.csv", "separated by semicolons"),
        (PEOPLE.encode("utf-16"), "people.csv", "UTF-16"),
        (b"PersonId,\xff\na,b\n", "people.csv", "not UTF-8"),
        (b"," * 200 + b"\n" + b"," * 200 + b"\n", "people.csv", "201 columns; at most 105 fields"),
    ],
)
def test_a_file_that_is_no_csv_with_rows_is_refused_at_once(
    client: Client, content: str | bytes, name: str, words: str
) -> None:
    answer = upload(client, content, name=name)
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert not CsvDraft.objects.exists()


def test_a_mapping_is_suggested_with_the_order_of_dates_and_samples(client: Client) -> None:
    draft = draft_of(client, PEOPLE)
    assert fields_of(draft) == [
        "PersonId",
        "ManagerId",
        "Org_Unit_EN",
        "EffectiveDate",
        "Shoe_size_EU",
    ]
    assert draft.columns[3]["type"] == "DateTime_DDMMYYYY"
    page = client.get(mapping_url(draft)).content.decode()
    assert "Sales, North" in page
    assert "No column is mapped to Organization" in page


def test_dates_that_can_be_read_in_either_order_are_told_beside_their_column_and_stop_nothing(
    client: Client,
) -> None:
    draft = draft_of(client, PEOPLE.replace("31/01/2025", "01/02/2025"))
    page = client.get(mapping_url(draft)).content.decode()
    assert "01/02/2025 is taken as 2 January 2025; day first, it is 1 February 2025." in page
    assert 'aria-describedby="doubt-4"' in page
    assert (
        "5 of 5 valid, 1 to look at"
        in client.post(
            mapping_url(draft), {**MAPPED, "type-4": "DateTime_MMDDYYYY"}
        ).content.decode()
    )
    page = client.post(mapping_url(draft), MAPPED).content.decode()
    assert "01/02/2025 is taken as 1 February 2025; month first, it is 2 January 2025." in page
    assert go_on(client, draft, **MAPPED).status_code == 302


def test_a_date_that_the_chosen_order_cannot_read_is_told_beside_its_column(
    client: Client,
) -> None:
    draft = draft_of(client, PEOPLE)
    assert "doubt-" not in client.get(mapping_url(draft)).content.decode()
    page = client.post(
        mapping_url(draft), {**MAPPED, "type-4": "DateTime_MMDDYYYY"}
    ).content.decode()
    assert "2 of its first dates can only be day first, and the mapping says month first." in page


def test_a_column_that_is_mapped_wrongly_is_told_beside_it_and_nothing_begins(
    client: Client,
) -> None:
    draft = draft_of(client, PEOPLE)
    answer = go_on(client, draft, **{**MAPPED, "field-5": "Organization"})
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "1 of 5 columns needs a change before validation." in page
    assert "Column 3 is mapped to Organization too. One column per field." in page
    assert not ImportRecord.objects.exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "Shoe/EU",
            "Shoe/EU cannot be the name of a custom field. It has a slash: use ASCII letters,",
        ),
        ("Schuhgröße", "It has the character ö: use ASCII letters, digits and underscore."),
        ("Line", "A column of ours is called so: use another name."),
        ("StartDate", "StartDate is a system field"),
        ("hiredate", "Did you mean HireDate?"),
        ("", "A blank cannot be the name of a custom field. Use ASCII letters"),
        ("x\0", "holds a control character (U+0000)"),
    ],
)
def test_a_name_that_no_field_may_have_is_told(client: Client, name: str, words: str) -> None:
    answer = go_on(client, draft_of(client, PEOPLE), **{**MAPPED, "own-5": name})
    assert answer.status_code == 400
    assert words in answer.content.decode()


def test_an_upload_that_is_mapped_becomes_an_import_under_its_name(
    client: Client, tenant: Tenant
) -> None:
    draft = draft_of(client, PEOPLE)
    answer = go_on(client, draft, **MAPPED)
    record = ImportRecord.objects.get()
    assert answer.headers["Location"] == f"/imports/{record.id}/"
    assert (record.name, record.source, record.app) == ("November", "csv", None)
    run(record)
    assert record.status is State.SUCCEEDED, record.summary
    rows = history_of(tenant.id).as_of(date(2025, 2, 1)).sort("PersonId")
    assert rows["Organization"].to_list() == ["Board", "Sales, North"]
    assert rows["Shoe_size"].to_list() == ["38", "43.5"]


def test_lines_of_findings_are_those_of_the_uploaded_file(client: Client, tenant: Tenant) -> None:
    content = (
        '\n"Email","Manager\ne-mail",Org,EffectiveDate\n'
        + f"{A},,Board,01/31/2025\nx,,Y,01/31/2025\n"
    )
    draft = draft_of(client, content)
    go_on(client, draft, **{**MAPPED, "type-4": "DateTime_MMDDYYYY"})
    record = ImportRecord.objects.get()
    run(record)
    assert record.status is State.VALIDATION_FAILED
    log = client.get(f"/imports/{record.id}/errors.csv")
    text = b"".join(log.streaming_content).decode()  # type: ignore[attr-defined]
    assert re.search(r"VAL_EMAIL.*,5,1,", text), text


def test_adding_and_editing_needs_person_id_alone_and_keeps_the_rest(
    client: Client, tenant: Tenant
) -> None:
    a_pushed_import(a_connection(tenant, is_active=False), a_zip([ROW]))
    content = f"PersonId,EffectiveDate,Location\n{A},02/01/2025,Bilbao\n"
    draft = draft_of(client, content, refresh="incremental")
    go_on(client, draft)
    record = ImportRecord.objects.get(source="csv")
    run(record)
    assert record.status is State.SUCCEEDED, record.failure
    row = history_of(tenant.id).as_of(date(2025, 3, 1)).row(0, named=True)
    assert (row["Organization"], row["Location"]) == ("Board", "Bilbao")


def test_the_next_upload_of_the_same_columns_is_mapped_as_the_last_one(
    client: Client, tenant: Tenant
) -> None:
    go_on(client, draft_of(client, PEOPLE), **MAPPED)
    run(ImportRecord.objects.get())
    assert fields_of(draft_of(client, PEOPLE)) == [
        "PersonId",
        "ManagerId",
        "Organization",
        "EffectiveDate",
        "Shoe_size",
    ]


def test_a_second_upload_waits_until_the_running_import_has_ended(client: Client) -> None:
    draft = draft_of(client, PEOPLE)
    go_on(client, draft, **MAPPED)
    refused = go_on(client, draft, **MAPPED)
    assert refused.status_code == 400
    assert "Another import is still running." in refused.content.decode()
    assert ImportRecord.objects.count() == 1


def test_an_upload_that_was_imported_is_not_imported_again_from_an_old_tab(
    client: Client,
) -> None:
    draft = draft_of(client, PEOPLE)
    go_on(client, draft, **MAPPED)
    run(ImportRecord.objects.get())
    again = go_on(client, draft, **MAPPED)
    assert "This upload is import 1 already." in again.content.decode()
    assert ImportRecord.objects.count() == 1


def test_an_upload_that_failed_is_validated_again_with_another_mapping(
    client: Client, tenant: Tenant
) -> None:
    draft = draft_of(client, PEOPLE)
    go_on(client, draft, **{**MAPPED, "type-4": "DateTime_MMDDYYYY"})
    failed = ImportRecord.objects.get()
    run(failed)
    assert failed.status is State.VALIDATION_FAILED
    go_on(client, draft, **MAPPED)
    mended = ImportRecord.objects.get(number=2)
    run(mended)
    assert mended.status is State.SUCCEEDED


def test_a_cancelled_upload_leaves_nothing_but_its_trace(client: Client) -> None:
    draft = draft_of(client, PEOPLE)
    answer = client.post(f"{mapping_url(draft)}cancel/")
    assert answer.headers["Location"] == "/organizational-data/"
    assert not CsvDraft.objects.exists()
    assert AuditEntry.objects.filter(action="csv.cancelled").exists()


def test_an_upload_is_kept_for_24_hours_after_its_last_change(client: Client) -> None:
    draft = draft_of(client, PEOPLE)
    path = inbox().path_of(draft.sha256)
    remove_what_is_over(at=now() + timedelta(hours=23))
    assert path.exists()
    remove_what_is_over(at=now() + timedelta(hours=25))
    assert not path.exists()
    assert client.get(mapping_url(draft)).status_code == 404


def test_rows_with_invalid_data_are_left_out_where_that_is_chosen(
    client: Client, tenant: Tenant
) -> None:
    content = PEOPLE + "".join(f"p{n}@contoso.com,{A},Sales,31/01/2025,1\n" for n in range(20))
    draft = draft_of(client, content + f"x,{A},Sales,31/01/2025,1\n")
    go_on(client, draft, **MAPPED, exclude="on")
    record = ImportRecord.objects.get()
    run(record)
    assert record.rows_excluded == 1
    connection = csv_uploads.csv_connection(tenant)
    assert connection is not None
    assert connection.exclude_invalid_rows


def test_a_draft_of_another_tenant_is_not_found(client: Client) -> None:
    draft = draft_of(client, PEOPLE)
    stranger = a_client(a_tenant("Fabrikam"), Role.INSIGHTS_ADMIN)
    assert stranger.get(mapping_url(draft)).status_code == 404
    assert stranger.post(f"{mapping_url(draft)}cancel/").status_code == 404
    assert CsvDraft.objects.exists()


def test_only_an_insights_admin_uploads(client: Client, tenant: Tenant) -> None:
    draft = draft_of(client, PEOPLE)
    analyst = a_client(tenant, Role.ANALYST, email="analyst@contoso.com")
    assert analyst.get(mapping_url(draft)).status_code == 403
    assert upload(analyst, PEOPLE).status_code == 403
