"""A newcomer's round trip in the browser: a broken push, what is wrong with it, and three ways to Success."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

from keys import press, tab_to
from playwright.sync_api import Page, expect
from portal import LOG, dialog, go, import_row, open_data_connections, title
from sending_machine import SendingMachine
from tenancies import Tenancy
from windows import Window

from factories import a_person

Visit = Callable[..., Window]

PERSONS = [a_person(number) for number in range(12)]
BROKEN = [
    *PERSONS[:5],
    *(a_person(number, ManagerId="person0@") for number in (5, 6, 7)),
    a_person(8, EffectiveDate="02/30/2025"),
    *PERSONS[9:],
]
DAY_FIRST = [a_person(number, EffectiveDate=f"{number + 14}/01/2025") for number in range(12)]


def open_failed_import(page: Page) -> None:
    open_data_connections(page)
    expect(import_row(page, 1)).to_contain_text("Validation failed")
    import_row(page, 1).get_by_role("link", name="Validation failed").click()
    expect(page.get_by_role("region", name="Findings by cause")).to_be_visible()


def wait_for_success(page: Page) -> None:
    """The page of the new import follows it to its end."""
    expect(page.locator("h1 + .chip")).to_have_text("Success")
    expect(page.get_by_text("12 rows are part of the history.")).to_be_visible()


def test_wrong_cells_are_mended_in_place_by_keyboard_until_the_import_succeeds(
    tenancies: dict[str, Tenancy], visit: Visit, machine: SendingMachine
) -> None:
    tenancy = tenancies["Contoso Cells"]
    identity = machine.identity_of(tenancy.ready_sender)
    assert machine.push(machine.package("broken", BROKEN), identity).returncode == 6
    page = visit(tenancy.insights_admin).page
    open_failed_import(page)
    manager, day = (
        page.get_by_label("ManagerId, 3 lines"),
        page.get_by_label("EffectiveDate, 1 line"),
    )
    tab_to(page, "ManagerId, 3 lines from line 7")
    page.keyboard.type("lost")
    page.keyboard.press("Escape")
    expect(manager).to_have_value("person0@")
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("person0@contoso.com")
    page.keyboard.press("Enter")  # on to the next cell
    expect(day).to_be_focused()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("31/01/2025")
    page.once("dialog", lambda asked: asked.dismiss())
    page.get_by_role("link", name="By line", exact=True).click(no_wait_after=True)
    expect(day).to_have_value("31/01/2025")  # who leaves what is typed is asked, and may stay
    page.once("dialog", lambda asked: asked.dismiss())
    page.get_by_label("Rule", exact=True).select_option("VAL_DATE")
    expect(day).to_have_value("31/01/2025")
    expect(page.get_by_label("Rule", exact=True)).to_have_value("")
    day.focus()
    press(page, "Keep what is typed")
    expect(day).to_be_focused()  # it was refused, and says why
    expect(day).to_have_accessible_description(re.compile("^Day and month look exchanged"))
    why = page.locator(".cell-error").bounding_box()
    bar = page.locator(".cells-bar").bounding_box()
    assert why
    assert bar
    assert why["y"] + why["height"] <= bar["y"]  # the bar does not hide the answer
    expect(page.get_by_text("3 rows corrected in 1 cause. 1 of 4 errors left.")).to_be_visible()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("01/31/2025")
    press(page, "Keep what is typed")
    expect(page.get_by_text("4 rows corrected in 2 causes. 0 of 4 errors left.")).to_be_visible()
    press(page, "Validate again with 2 corrections")
    wait_for_success(page)
    expect(page.get_by_text("its package with 1 correction file")).to_be_visible()


def test_the_mended_correction_file_is_uploaded_and_the_import_succeeds(
    tenancies: dict[str, Tenancy], visit: Visit, machine: SendingMachine, tmp_path: Path
) -> None:
    tenancy = tenancies["Contoso Files"]
    identity = machine.identity_of(tenancy.ready_sender)
    assert machine.push(machine.package("broken", BROKEN), identity).returncode == 6
    page = visit(tenancy.data_source_admin).page
    open_failed_import(page)
    with page.expect_download() as download:
        go(page, "Correction file")
    mended = tmp_path / "mended.csv"
    mend(Path(download.value.path()), mended)
    go(page, "Upload corrected file")
    window = dialog(page, "Upload corrected file")
    window.get_by_label("Corrected file").set_input_files(mended)
    window.get_by_role("button", name=re.compile("validate again", re.IGNORECASE)).click()
    wait_for_success(page)


def test_one_change_of_the_mapping_mends_the_import_without_javascript_on_a_phone(
    tenancies: dict[str, Tenancy], visit: Visit, machine: SendingMachine
) -> None:
    tenancy = tenancies["Contoso Types"]
    identity = machine.identity_of(tenancy.ready_sender)
    assert machine.push(machine.package("day-first", DAY_FIRST), identity).returncode == 6
    page = visit(tenancy.insights_admin, width=360, with_script=False).page
    page.goto("/organizational-data/")
    page.get_by_role("link", name="Validation failed").click()
    page.get_by_label("Rule").select_option("VAL_DATE")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("link", name="Clear 1 filter")).to_be_visible()
    page.get_by_role("button", name="Change mapping and validate again, mends 12").click()
    expect(title(page)).to_have_text("HRIS nightly")
    for _ in range(100):
        if page.get_by_text("12 rows are part of the history.").count():
            break
        page.wait_for_timeout(200)
        page.reload()
    expect(page.get_by_text("12 rows are part of the history.")).to_be_visible()
    expect(page.get_by_text("EffectiveDate read as Date, DD/MM/YYYY")).to_be_visible()


def mend(source: Path, target: Path) -> None:
    """Mend the two columns as somebody with a spreadsheet program would."""
    with source.open(encoding=LOG, newline="") as file:
        rows = list(csv.DictReader(file))
    with target.open("w", encoding=LOG, newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        for row in rows:
            right = {"ManagerId": "person0@contoso.com", "EffectiveDate": "01/01/2025"}
            writer.writerow({**row, **right})
