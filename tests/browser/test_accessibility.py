"""Every page and window of the portal: nothing serious for axe, in light and dark, wide and narrow."""

from __future__ import annotations

import re
from collections.abc import Callable

from addresses import (
    NO_PAGES,
    OF_A_CSV_UPLOAD,
    OF_A_NEW_CONNECTION,
    OF_A_RUNNING_IMPORT,
    OF_ANSWERS,
    OF_IMPORTS,
    OF_THE_TENANT_ADMIN,
)
from django.urls import URLPattern
from playwright.sync_api import Page, expect
from portal import (
    dialog,
    go,
    import_row,
    open_data_connections,
    register_app,
    save_connection,
    sign_in,
    title,
    upload_certificate,
    use_as_data_source,
)
from scanning import Scan
from sending_machine import SendingMachine
from tenancies import Tenancy
from windows import Window

from factories import a_person
from live import Live
from orgport.server.portal.urls import urlpatterns

Visit = Callable[..., Window]

PERSONS = [a_person(number) for number in range(12)]
PEOPLE = """EmailAddress,Valid from,Manager,Department,Shoe size/EU
anna@contoso.com,31/10/2026,ben@contoso.com,Retail,42
ben@contoso.com,31/10/2026,,Engineering,43.5
"""
ASK_FOR_NO_SUCH_CURE = """() => {
  const form = document.querySelector("main form[method=post]");
  form.action = form.action.replace("/retry/", "/cure/");
  form.submit();
}"""
TRY_TEN_TIMES = """async () => {
  for (let count = 0; count < 10; count++)
    await fetch("", { method: "POST", body: new FormData(document.forms[0]) });
}"""


def open_import(page: Page, number: int) -> None:
    open_data_connections(page)
    import_row(page, number).get_by_role("link", name="HRIS nightly", exact=True).click()
    expect(page.get_by_role("region", name="About this import")).to_be_visible()


def look_at_window(scan: Scan, page: Page, opener: str | re.Pattern[str]) -> None:
    """Open a dialog with a link, look at it, and close it with Esc."""
    page.get_by_role("link", name=opener).first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    scan.look(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_axe_finds_nothing_serious_where_the_tenant_admin_registers_apps(
    tenancies: dict[str, Tenancy], visit: Visit, machine: SendingMachine
) -> None:
    scan, page = Scan(), visit(tenancies["Contoso South"].tenant_admin).page
    scan.follow(page)
    go(page, "App registrations")
    scan.look(page)
    go(page, "Register an app")
    scan.look(page)
    page.get_by_role("button", name="Register").click()
    scan.look(page)
    register_app(page, "HRIS push")
    scan.look(page)
    for opener in ("Rename", "Remove app", "Upload certificate", "Remove all permissions"):
        look_at_window(scan, page, opener)
    look_at_window(scan, page, "Remove permission User.Read")
    page.get_by_role("link", name="Upload certificate").click()
    dialog(page, "Upload certificate").get_by_role("button", name="Add").click()
    scan.look(page)
    page.go_back()
    certificate = machine.make_certificate("contoso-hris")
    upload_certificate(page, certificate, description="Export server")
    scan.look(page)
    look_at_window(scan, page, "Details of Export server")
    look_at_window(scan, page, "Remove Export server")
    go(page, "App registrations")
    scan.look(page)
    assert scan.faults == []
    assert scan.seen >= OF_THE_TENANT_ADMIN


def test_axe_finds_nothing_serious_where_the_insights_admin_sets_an_import_up(
    tenancies: dict[str, Tenancy], visit: Visit
) -> None:
    tenancy = tenancies["Contoso Legal"]
    scan, page = Scan(), visit(tenancy.insights_admin).page
    scan.follow(page)
    for path in ("/", "/organizational-data/", "/organizational-data/data-quality/", "/notices/"):
        page.goto(path)
        scan.look(page)
    page.goto("/organizational-data/data-sources/")
    scan.look(page)
    look_at_window(scan, page, re.compile("automated import$"))
    page.goto("/organizational-data/data-sources/automated-import/")
    scan.look(page)
    page.goto("/organizational-data/automated-import/")
    scan.look(page)
    page.get_by_role("button", name="Save", exact=True).click()
    scan.look(page)
    save_connection(page, "HRIS weekly", app_id=tenancy.ready_sender.app)
    scan.look(page)
    go(page, "Rules of this connection")
    scan.look(page)
    page.go_back()
    use_as_data_source(page)
    scan.look(page)
    assert scan.faults == []
    assert scan.seen >= OF_A_NEW_CONNECTION


def test_axe_finds_nothing_serious_about_imports_that_have_ended(
    tenancies: dict[str, Tenancy], visit: Visit, machine: SendingMachine
) -> None:
    tenancy = tenancies["Contoso Finance"]
    identity = machine.identity_of(tenancy.ready_sender)
    broken = [*PERSONS, a_person(7, EffectiveDate="02/30/2025")]
    assert machine.push(machine.package("good", PERSONS), identity).returncode == 0
    assert machine.push(machine.package("broken", broken), identity).returncode == 6
    scan, page = Scan(), visit(tenancy.insights_admin).page
    scan.follow(page)
    for path in ("/", "/organizational-data/data-quality/", "/notices/", "/organizational-data/"):
        page.goto(path)
        scan.look(page)
    page.get_by_label("Status").select_option("Abandoned")
    expect(page.get_by_role("link", name="Clear 1 filter")).to_be_visible()
    scan.look(page)
    page.goto("/?field=Layer")
    scan.look(page)
    for number, act in ((1, "Summary of"), (2, "Summary of"), (1, "Mapping of")):
        open_data_connections(page)
        page.get_by_role("link", name=re.compile(f"^{act} .*import {number}$")).click()
        scan.look(page)
    open_import(page, 1)
    scan.look(page)
    look_at_window(scan, page, re.compile("^Undo"))
    look_at_window(scan, page, re.compile("^Go back"))
    open_import(page, 2)
    scan.look(page)
    cell = page.get_by_label("EffectiveDate, 1 line")
    cell.fill("02/31/2025")
    page.get_by_role("button", name="Keep what is typed").click()
    expect(cell).to_have_attribute("aria-invalid", "true")
    scan.look(page)
    cell.fill("02/28/2025")
    page.get_by_role("button", name="Keep what is typed").click()
    expect(page.get_by_role("button", name="Validate again with 1 correction")).to_be_visible()
    scan.look(page)
    failed = page.url
    go(page, "By line")
    scan.look(page)
    page.goto(f"{failed}?code=VAL_DATE&column=4")
    scan.look(page)
    page.goto(f"{failed}retry/")
    scan.look(page)
    page.evaluate(ASK_FOR_NO_SUCH_CURE)
    expect(title(page)).to_have_text("HRIS nightly")
    scan.look(page)
    assert scan.faults == []
    assert scan.seen >= OF_IMPORTS


def test_axe_finds_nothing_serious_where_history_answers_and_is_changed(
    tenancies: dict[str, Tenancy], visit: Visit, machine: SendingMachine
) -> None:
    tenancy = tenancies["Contoso Research"]
    identity = machine.identity_of(tenancy.ready_sender)
    moved = [a_person(number, Location="Oslo") for number in range(12)]
    moved[5]["Organization"] = "Legal"
    broken = [*PERSONS, a_person(7, EffectiveDate="02/30/2025")]
    for name, persons, code in (("good", PERSONS, 0), ("moved", moved, 0), ("broken", broken, 6)):
        assert machine.push(machine.package(name, persons), identity).returncode == code
    scan, page = Scan(), visit(tenancy.insights_admin).page
    scan.follow(page)
    page.goto("/organizational-data/persons/")
    scan.look(page)
    page.get_by_role("table").get_by_role("link").first.click()
    scan.look(page)
    page.goto("/organizational-data/organization/?q=person")
    page.get_by_role("region", name="Reporting lines").locator("summary").first.click()
    expect(
        page.get_by_role("region", name="Reporting lines").get_by_text("layer 1")
    ).not_to_have_count(0)
    scan.look(page)
    page.goto("/organizational-data/data-quality/")
    expect(page.get_by_role("table", name="Quality after each of the last imports")).to_be_visible()
    scan.look(page)
    for path in ("field/?field=Organization", "trend/", "measured/"):
        page.goto(f"/organizational-data/data-quality/{path}")
        scan.look(page)
    page.goto("/organizational-data/data-quality/measured/")
    people = {"name": "a.csv", "mimeType": "text/csv", "buffer": b"PersonId\na@contoso.com\n"}
    page.get_by_label("File of addresses").set_input_files(people)  # type: ignore[arg-type]
    page.get_by_role("button", name="Measure the persons of this file").click()
    scan.look(page)
    page.goto("/organizational-data/data-quality/measured/")
    look_at_window(scan, page, "Measure everybody instead")
    page.goto("/organizational-data/data-quality/measured/clear/")
    page.get_by_role("button", name="Drop the list of 1 person").click()
    page.goto("/organizational-data/consumers/")
    scan.look(page)
    page.get_by_label("Name").fill("Monthly headcount")
    page.get_by_label("Organization", exact=True).check()
    page.get_by_role("button", name="Save extract").click()
    expect(page.get_by_role("row", name="Monthly headcount")).to_contain_text("Works")
    scan.look(page)
    page.get_by_role("link", name="Delete Monthly headcount").click()
    scan.look(page)
    for path in ("delete-fields", "delete-employees", "erase-persons"):
        page.goto(f"/organizational-data/{path}/")
        scan.look(page)
    page.goto("/organizational-data/delete-fields/")
    page.get_by_label("Name of this deletion").fill("No places")
    page.get_by_label("Location").check()
    page.get_by_role("button", name="Show what would be deleted").click()
    expect(page.get_by_role("table", name="Cells that leave")).to_be_visible()
    scan.look(page)
    connection = f"/organizational-data/automated-import/{tenancy.ready_sender.connection}"
    page.goto(f"{connection}/guard-rails/")
    scan.look(page)
    open_import(page, 3)
    corrections = page.url.rstrip("/") + "/corrections/"
    open_import(page, 2)
    changed = page.url.rstrip("/") + "/preview/"
    page.goto(corrections)
    scan.look(page)
    page.goto(changed)
    scan.look(page)
    page.goto(f"{changed}persons/")
    scan.look(page)
    page.get_by_role("table").get_by_role("link").first.click()
    scan.look(page)
    assert scan.faults == []
    assert scan.seen >= OF_ANSWERS - {"access-tokens", "revoke-token", "help", "help-rule"}


def test_axe_finds_nothing_serious_where_a_csv_is_uploaded_mapped_and_arrives(
    tenancies: dict[str, Tenancy], visit: Visit
) -> None:
    scan, page = Scan(), visit(tenancies["Contoso Campus"].insights_admin).page
    scan.follow(page)
    page.goto("/organizational-data/data-sources/")
    page.get_by_role("link", name="Start .csv upload").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    scan.look(page)
    page.get_by_role("button", name="Start").click()
    expect(title(page)).to_have_text("Replace all data")
    page.get_by_role("button", name="Next: mapping").click()
    scan.look(page)
    page.get_by_label("Upload name").fill("November")
    people = {"name": "people.csv", "mimeType": "text/csv", "buffer": PEOPLE.encode()}
    page.get_by_label("Upload file").set_input_files(people)  # type: ignore[arg-type]
    page.get_by_role("button", name="Next: mapping").click()
    expect(title(page)).to_have_text("November")
    page.get_by_label("Field of Department").select_option("ManagerId")
    expect(page.get_by_text("Column 3 is mapped to ManagerId too.").first).to_be_visible()
    page.get_by_role("button", name="Next: validate").click()
    expect(page.get_by_role("alert")).to_contain_text("needs a change before validation")
    scan.look(page)
    page.goto("/organizational-data/csv-upload/")
    scan.look(page)
    page.get_by_role("link", name="November").click()
    page.get_by_label("Field of Department").select_option("Organization")
    expect(page.get_by_text("5 of 5 valid")).to_be_visible()
    page.get_by_role("button", name="Next: validate").click()
    expect(page.get_by_text("Success").first).to_be_visible()
    open_data_connections(page)
    expect(import_row(page, 1)).to_contain_text("November")
    assert scan.faults == []
    assert scan.seen >= OF_A_CSV_UPLOAD


def test_axe_finds_nothing_serious_in_help_and_access_tokens(
    tenancies: dict[str, Tenancy], visit: Visit
) -> None:
    scan, page = Scan(), visit(tenancies["Contoso West"].insights_admin).page
    scan.follow(page)
    page.goto("/help/")
    scan.look(page)
    page.goto("/help/POP_LOOP/")
    scan.look(page)
    page.goto("/access-tokens/")
    page.get_by_role("button", name="Make token").click()
    scan.look(page)
    page.get_by_label("Name").fill("Monthly report")
    page.get_by_role("button", name="Make token").click()
    scan.look(page)
    look_at_window(scan, page, "Revoke Monthly report")
    assert scan.faults == []
    assert scan.seen >= {"access-tokens", "revoke-token", "help", "help-rule"}


def test_axe_finds_nothing_serious_about_a_running_import(
    tenancies: dict[str, Tenancy], visit: Visit, machine: SendingMachine, server: Live
) -> None:
    tenancy = tenancies["Contoso Service"]
    identity = machine.identity_of(tenancy.ready_sender)
    scan, page = Scan(), visit(tenancy.insights_admin).page
    scan.follow(page)
    with server.without_worker():
        package = machine.package("good", PERSONS)
        assert machine.push(package, identity, "--no-follow").returncode == 0
        open_data_connections(page)
        scan.look(page)
        look_at_window(scan, page, "Abandon")
        go(page, "HRIS nightly")
        scan.look(page)
    assert scan.faults == []
    assert scan.seen >= OF_A_RUNNING_IMPORT


def test_axe_finds_nothing_serious_on_the_way_in_and_where_nothing_is(
    tenancies: dict[str, Tenancy], visit: Visit
) -> None:
    scan, page = Scan(), visit(width=360).page
    page.goto("/sign-in/")
    scan.look(page)
    page.get_by_role("button", name="Sign in").click()
    scan.look(page)
    page.get_by_label("E-mail address").fill("nobody@contoso.com")
    page.get_by_label("Password").fill("a wrong password")
    page.evaluate(TRY_TEN_TIMES)
    page.get_by_role("button", name="Sign in").click()
    expect(title(page)).to_have_text("Too many wrong passwords")
    scan.look(page)
    sign_in(page, tenancies["Contoso West"].tenant_admin)
    for path in ("/nowhere/", "/organizational-data/"):
        page.goto(path)
        scan.look(page)
    assert scan.faults == []


def test_axe_finds_nothing_serious_in_the_menus(
    tenancies: dict[str, Tenancy], visit: Visit
) -> None:
    scan, page = Scan(), visit(tenancies["Contoso West"].tenant_admin, width=360).page
    for name in (re.compile("^Menu"), re.compile("^Theme"), re.compile("^Account")):
        page.locator("summary").and_(page.get_by_label(name)).click()
        scan.look(page)
        page.keyboard.press("Escape")
    assert scan.faults == []


def test_every_page_of_the_portal_is_among_those_that_are_scanned() -> None:
    names = {pattern.name for pattern in urlpatterns if isinstance(pattern, URLPattern)}
    of_imports = OF_IMPORTS | OF_A_RUNNING_IMPORT | OF_ANSWERS | OF_A_CSV_UPLOAD
    assert names - NO_PAGES == OF_THE_TENANT_ADMIN | OF_A_NEW_CONNECTION | of_imports | {"sign-in"}
