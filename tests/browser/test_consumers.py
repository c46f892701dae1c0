"""A report's extract loses a field, says why, and works again: whoever takes the field away sees it first."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import polars as pl
from playwright.sync_api import Locator, Page, expect
from portal import dialog, go, import_row, open_data_connections, table, title
from scanning import Scan
from sending_machine import SendingMachine
from tenancies import Tenancy
from windows import Window

from factories import a_person, csv_of

Visit = Callable[..., Window]

PLACED = [a_person(number, Location="Bilbao") for number in range(12)]
UNPLACED = [a_person(number) for number in range(12)]


def open_consumers(page: Page) -> None:
    open_data_connections(page)
    go(page, "Consumers")


def save_extract(page: Page, name: str, *fields: str) -> None:
    page.get_by_label("Name").fill(name)
    for field in fields:
        page.get_by_label(field, exact=True).check()
    page.get_by_role("button", name="Save extract").click()
    expect(row_of(page, name)).to_contain_text("Works")


def row_of(page: Page, name: str) -> Locator:
    """An extract's row."""
    rows = table(page, "The saved extracts by name").get_by_role("row")
    return rows.filter(has=page.get_by_role("rowheader", name=name))


def places_in(page: Page, name: str) -> set[str]:
    """What stands in the Location of the extract's csv."""
    with page.expect_download() as download:
        page.get_by_role("link", name=f"{name} as csv").click()
    return set(pl.read_csv(Path(download.value.path()))["Location"])


def wait_for_success(page: Page) -> None:
    """The page of an import follows it to its end."""
    expect(page.locator("h1 + .chip")).to_have_text("Success")


def test_an_extract_is_disabled_by_an_import_and_enabled_by_its_undo(
    tenancies: dict[str, Tenancy], visit: Visit, machine: SendingMachine
) -> None:
    tenancy = tenancies["Contoso Reports"]
    identity = machine.identity_of(tenancy.ready_sender)
    assert machine.push(machine.package("placed", PLACED), identity).returncode == 0
    scan, page = Scan(), visit(tenancy.insights_admin).page
    open_consumers(page)
    save_extract(page, "Monthly places", "Location")
    assert places_in(page, "Monthly places") == {"Bilbao"}

    machine.push(machine.package("unplaced", UNPLACED), identity, "--no-follow")
    approve_as_told(visit(tenancy.approver).page, scan)

    open_consumers(page)
    row = row_of(page, "Monthly places")
    expect(row).to_contain_text("Disabled")
    expect(row).to_contain_text("lacks Location since import 2")
    expect(row).to_contain_text("as after import 1")
    assert places_in(page, "Monthly places") == {"Bilbao"}
    scan.look(page)

    row.get_by_role("link", name="import 2").click()
    page.get_by_role("link", name=re.compile("^Undo")).first.click()
    window = dialog(page, "Undo import 2")
    expect(window).to_contain_text("This enables 1 extract again: Monthly places (Location).")
    window.get_by_role("button", name=re.compile("^Undo import 2")).click()
    wait_for_success(page)
    open_consumers(page)
    expect(row_of(page, "Monthly places")).to_contain_text("Works")
    expect(row_of(page, "Monthly places")).not_to_contain_text("lacks")
    assert scan.faults == []


def approve_as_told(page: Page, scan: Scan) -> None:
    """Approve the second import, whose preview names the extract."""
    open_data_connections(page)
    expect(import_row(page, 2)).to_contain_text("Waiting for approval")
    import_row(page, 2).get_by_role("rowheader").get_by_role("link").click()
    go(page, "Open change preview")
    extracts = page.get_by_role("region", name="Saved extracts")
    expect(extracts).to_contain_text("Monthly places")
    expect(extracts).to_contain_text("loses Location; its last result stays")
    scan.look(page)
    page.get_by_role("button", name=re.compile("^Approve")).click()
    expect(page.get_by_text("Approved by approver.")).to_be_visible()
    open_data_connections(page)
    expect(import_row(page, 2)).to_contain_text("Success")


def test_a_csv_that_lacks_a_field_in_use_goes_on_only_after_the_table_of_who_uses_it(
    tenancies: dict[str, Tenancy], visit: Visit
) -> None:
    tenancy = tenancies["Contoso Sheets"]
    scan, page = Scan(), visit(tenancy.insights_admin).page
    page.goto("/organizational-data/data-sources/")
    page.get_by_role("link", name="Start .csv upload").click()
    page.get_by_role("button", name="Start").click()
    upload(page, "First", PLACED)
    page.get_by_role("button", name="Next: validate").click()
    wait_for_success(page)
    open_consumers(page)
    save_extract(page, "Monthly places", "Location")

    page.goto("/organizational-data/csv-upload/new/?refresh=full")
    upload(page, "Second", [{**one, "Floor": "3"} for one in UNPLACED])
    page.get_by_label("Name of the new field for Floor").press("Enter")
    expect(title(page)).to_have_text("Second")  # it is still there
    page.get_by_role("button", name="Next: validate").click()
    question = page.get_by_role("region", name="Fields in use that the file lacks")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(question.get_by_role("row", name="Location")).to_contain_text("Monthly places")
    scan.look(page)
    question.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Next: validate").click()
    question.get_by_role("button", name="Next without 1 field").click()
    expect(page.get_by_text("Second is being validated.")).to_be_visible()
    approve_as_told(visit(tenancy.approver).page, scan)
    open_consumers(page)
    expect(row_of(page, "Monthly places")).to_contain_text("lacks Location since import 2")
    assert scan.faults == []


def upload(page: Page, name: str, persons: list[dict[str, str]]) -> None:
    """Step 1: a name and the file; leads to the mapping."""
    page.get_by_label("Upload name").fill(name)
    content = csv_of(persons, list(persons[0]))
    people = {"name": "people.csv", "mimeType": "text/csv", "buffer": content}
    page.get_by_label("Upload file").set_input_files(people)  # type: ignore[arg-type]
    page.get_by_role("button", name="Next: mapping").click()
    expect(title(page)).to_have_text(name)
