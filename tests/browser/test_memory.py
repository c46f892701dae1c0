"""What an organization's memory is for: to let a change pass or not, to ask what was, and to take it back."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect
from portal import dialog, go, import_row, open_data_connections, table, title
from sending_machine import SendingMachine
from tenancies import Tenancy
from windows import Window

from factories import a_person

PERSONS = [a_person(number) for number in range(12)]
Visit = Callable[..., Window]


def test_a_large_removal_is_decided_by_somebody_else_and_undone(
    tenancies: dict[str, Tenancy], visit: Visit, machine: SendingMachine, tmp_path: Path
) -> None:
    tenancy = tenancies["Contoso Retail"]
    identity = machine.identity_of(tenancy.ready_sender)
    few = [*PERSONS[:2], a_person(2, EffectiveDate="02/30/2025")]
    assert machine.push(machine.package("all", PERSONS), identity).returncode == 0
    assert machine.push(machine.package("few", few), identity).returncode == 6
    page = visit(tenancy.deciding_admin).page
    the_failed_rows_are_mended_and_sent(page, tmp_path)
    preview = open_preview(page)
    expect(page.get_by_text("You submitted this import")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Approve"))).to_have_count(0)
    another_approver_lets_it_pass(visit(tenancy.approver).page, preview)
    it_is_undone_from_the_import_history(page)
    assert persons_of(page) == 12


def the_failed_rows_are_mended_and_sent(page: Page, folder: Path) -> None:
    open_data_connections(page)
    import_row(page, 2).get_by_role("link", name="HRIS nightly", exact=True).click()
    expect(page.get_by_role("region", name="About this import")).to_be_visible()
    failed = page.url.rstrip("/")
    with page.expect_download() as download:
        page.locator("a[href$='correction-file.csv']").first.click()
    rows = Path(download.value.path()).read_text()
    mended = folder / "mended.csv"
    mended.write_text(rows.replace("02/30/2025", "01/01/2025"))
    page.goto(f"{failed}/corrections/")
    page.locator("input[type=file]").set_input_files(mended)
    page.get_by_role("button", name="Validate again").click()


def open_preview(page: Page) -> str:
    """The address of the preview of import 3, once it waits."""
    open_data_connections(page)
    expect(import_row(page, 3)).to_contain_text("Waiting for approval")
    import_row(page, 3).get_by_role("link", name="HRIS nightly", exact=True).click()
    expect(page.get_by_role("region", name="About this import")).to_be_visible()
    address = page.url.rstrip("/") + "/preview/"
    page.goto(address)
    return address


def another_approver_lets_it_pass(page: Page, preview: str) -> None:
    page.goto(preview)
    expect(page.get_by_text("9 of 12 persons would be removed, 75.0%.")).to_be_visible()
    page.get_by_role("button", name="Reject this import").click()
    expect(page.get_by_role("link", name="Note: Say why you reject this import")).to_be_visible()
    page.get_by_label("Note").fill("The stores are sold.")
    page.get_by_role("button", name="Approve, removes 9 persons").click()
    expect(page.get_by_text("Approved by approver.contoso-retail")).to_be_visible()
    expect(page.get_by_text("The stores are sold.")).to_be_visible()


def it_is_undone_from_the_import_history(page: Page) -> None:
    open_data_connections(page)
    expect(import_row(page, 3)).to_contain_text("Success")
    assert persons_of(page) == 3
    open_data_connections(page)
    page.get_by_role("link", name=re.compile("^Undo .*import 3$")).click()
    window = dialog(page, re.compile("^Undo "))
    expect(window).to_contain_text("9 come back")
    window.get_by_role("button", name=re.compile("^Undo")).click()
    open_data_connections(page)
    expect(import_row(page, 4)).to_contain_text("Success")


def persons_of(page: Page) -> int:
    go(page, "Persons")
    expect(title(page)).to_have_text("Organizational data")
    return table(page, "Persons by address").locator("tbody").get_by_role("row").count()


def test_an_admin_asks_what_was_and_deletes_who_must_go(
    tenancies: dict[str, Tenancy], visit: Visit, machine: SendingMachine, tmp_path: Path
) -> None:
    tenancy = tenancies["Contoso Payroll"]
    identity = machine.identity_of(tenancy.ready_sender)
    persons = [a_person(n, Location="" if n == 5 else "Bilbao") for n in range(12)]
    moved = [*persons[:7], a_person(7, Location="Rotterdam", EffectiveDate="02/01/2025")]
    assert machine.push(machine.package("all", persons), identity).returncode == 0
    assert machine.push(machine.package("moved", [*moved, *persons[7:]]), identity).returncode == 0
    page = visit(tenancy.insights_admin).page
    who_lacks_a_value_is_downloaded(page)
    a_person_has_a_timeline_and_who_said_what(page)
    the_tree_is_opened_by_keyboard(page)
    a_person_is_deleted_and_listed(page, tmp_path)


def who_lacks_a_value_is_downloaded(page: Page) -> None:
    open_data_connections(page)
    go(page, "Data quality")
    expect(page.get_by_text("2 measured users have missing organizational data.")).to_be_visible()
    rows = downloaded(page, page.get_by_role("link", name="Download"))
    assert {row["PersonId"]: row["Location"] for row in rows} == {
        "person0@contoso.com": "Bilbao",
        "person5@contoso.com": "",
    }
    expect(table(page, re.compile("^Quality after each"))).to_contain_text("import 2")


def a_person_has_a_timeline_and_who_said_what(page: Page) -> None:
    go(page, "Persons", "person7@contoso.com")
    expect(page.get_by_role("img", name=re.compile("^Timeline of"))).to_be_visible()
    periods = table(page, re.compile("^Periods of person7")).locator("tbody").get_by_role("row")
    expect(periods).to_have_count(2)
    expect(periods.first).to_contain_text("Rotterdam (changed)")
    expect(periods.first).to_contain_text("import 2")
    page.get_by_label("As known after").select_option("1")
    page.get_by_role("button", name="Show").click()
    expect(periods).to_have_count(1)
    expect(page.get_by_text("Rotterdam")).to_have_count(0)


def the_tree_is_opened_by_keyboard(page: Page) -> None:
    go(page, "Organizational data", "Organization")
    lines = page.get_by_role("region", name="Reporting lines")
    expect(lines.get_by_role("link")).to_have_text(["person0@contoso.com"])
    lines.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(lines.get_by_role("link", name="person11@contoso.com")).to_be_visible()
    expect(page).to_have_url(re.compile("at=person0%40contoso.com"))
    expect(lines.locator("summary").first).to_be_focused()


def a_person_is_deleted_and_listed(page: Page, folder: Path) -> None:
    gone = folder / "gone.csv"
    gone.write_text("PersonId\nperson11@contoso.com\nstranger@contoso.com\n")
    go(page, "Organizational data", "Persons", "Delete employee data")
    page.locator("input[name=name]").fill("Leavers of November")
    page.locator("input[type=file]").set_input_files(gone)
    page.get_by_role("button", name="Show who would be deleted").click()
    page.get_by_role("button", name="Delete 1 person").click()
    open_data_connections(page)
    expect(import_row(page, 3)).to_contain_text("Success")
    import_row(page, 3).get_by_role("link", name="Leavers of November", exact=True).click()
    rows = downloaded(page, page.locator("a[href$='deleted-employees.csv']"))
    assert [(row["PersonId"], row["Result"]) for row in rows] == [
        ("person11@contoso.com", "deleted"),
        ("stranger@contoso.com", "ADV_UNKNOWN_PERSON"),
    ]
    open_data_connections(page)
    assert persons_of(page) == 11


def downloaded(page: Page, link: Locator) -> list[dict[str, str]]:
    """The rows of the csv behind a link."""
    with page.expect_download() as download:
        link.click()
    with Path(download.value.path()).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
