"""The Insights admin deletes employees and fields: looks at what would go first, then deletes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect
from portal import title
from scanning import Scan
from sending_machine import SendingMachine
from tenancies import Tenancy
from windows import Window

from factories import a_person

Visit = Callable[..., Window]

PERSONS = [a_person(number) for number in range(12)]


def test_employees_are_looked_at_before_they_are_deleted_and_listed_after(
    tenancies: dict[str, Tenancy], visit: Visit, machine: SendingMachine
) -> None:
    tenancy = tenancies["Contoso Leavers"]
    identity = machine.identity_of(tenancy.ready_sender)
    assert machine.push(machine.package("good", PERSONS), identity).returncode == 0
    scan, page = Scan(), visit(tenancy.insights_admin).page
    page.goto("/organizational-data/persons/")
    page.get_by_role("link", name="Delete employee data").click()
    page.get_by_label("Name of this deletion").fill("Leavers of May")
    leavers = b"PersonId\nperson3@contoso.com\nnobody@contoso.com\n"
    file = {"name": "leavers.csv", "mimeType": "text/csv", "buffer": leavers}
    page.get_by_label("File of addresses").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Show who would be deleted").click()
    expect(page.get_by_role("table", name="Persons who leave")).to_be_visible()
    expect(page.get_by_text("Nothing is deleted yet.")).to_be_visible()
    scan.look(page)
    page.get_by_role("button", name="Delete 1 person").click()
    expect(title(page)).to_have_text("Leavers of May")
    expect(page.locator("h1 + .chip")).to_have_text("Success")
    with page.expect_download() as download:
        page.get_by_role("link", name="Deleted employees").click()
    assert Path(download.value.path()).read_text().split() == [
        "PersonId,Result",
        "person3@contoso.com,deleted",
        "nobody@contoso.com,ADV_UNKNOWN_PERSON",
    ]
    expect(page.get_by_text("days until the logs are removed")).to_be_visible()
    page.goto("/organizational-data/persons/?q=person3")
    expect(page.get_by_text("Nobody found")).to_be_visible()
    assert scan.faults == []


def test_fields_are_looked_at_before_they_are_deleted_also_by_keyboard_without_a_script(
    tenancies: dict[str, Tenancy], visit: Visit, machine: SendingMachine
) -> None:
    tenancy = tenancies["Contoso Fields"]
    persons = [a_person(number, Location="Bilbao", LevelDesignation="3") for number in range(12)]
    identity = machine.identity_of(tenancy.ready_sender)
    assert machine.push(machine.package("good", persons), identity).returncode == 0
    page = visit(tenancy.insights_admin, with_script=False).page
    page.goto("/organizational-data/persons/")
    page.get_by_role("link", name="Delete optional fields").click()
    page.get_by_label("Name of this deletion").fill("No places")
    page.get_by_label("Location").press("Space")
    page.get_by_role("button", name="Show what would be deleted").press("Enter")
    expect(page.get_by_role("row", name="Location")).to_contain_text("12 12")
    expect(page.get_by_text("Nothing is deleted yet.")).to_be_visible()
    page.get_by_role("button", name="Choose other fields").press("Enter")
    expect(page.get_by_label("Location")).to_be_checked()
    page.get_by_label("LevelDesignation").press("Space")
    page.get_by_role("button", name="Show what would be deleted").press("Enter")
    page.get_by_role("button", name="Delete 2 fields").press("Enter")
    expect(title(page)).to_have_text("No places")
