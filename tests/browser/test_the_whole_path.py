"""The story of an organization's data: three people, two machines, from nothing to its history and back."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect
from portal import (
    abandon,
    copy,
    download_error_log,
    go,
    import_row,
    notice,
    open_data_connections,
    register_app,
    remove_permission,
    save_connection,
    start_automated_import,
    table,
    title,
    upload_certificate,
    use_as_data_source,
)
from sending_machine import Identity, SendingMachine
from tenancies import Tenancy
from windows import Window

from factories import a_person
from live import Live

PERSONS = [a_person(number) for number in range(12)]
BROKEN = [*PERSONS[:7], a_person(7, EffectiveDate="02/30/2025"), *PERSONS[8:]]
A_MOMENT = "new Promise((on) => setTimeout(on, 50))"  # htmx binds what it swapped in after 20 ms

Visit = Callable[..., Window]
Push = Callable[[Path], int]


def test_an_organization_arrives_in_history_and_everybody_does_their_part(
    tenancies: dict[str, Tenancy], visit: Visit, machine: SendingMachine
) -> None:
    tenancy = tenancies["Contoso North"]
    certificate = machine.make_certificate("contoso-hris")
    app_id, tenant_id = the_tenant_admin_registers_the_app(
        visit(tenancy.tenant_admin).page, certificate
    )
    window = visit(tenancy.insights_admin)
    the_insights_admin_sets_the_import_up(window.page, app_id)

    def push(package: Path) -> int:
        identity = Identity(app_id, tenant_id, "contoso-hris")
        return machine.push(package, identity).returncode

    open_data_connections(window.page)
    a_good_package_succeeds_under_the_eyes_of(window, push, machine.pack("good", PERSONS))
    its_summary_and_mapping_open(window.page)
    open_data_connections(window.page)
    a_broken_one_is_explained_to_the_cell(window, push, machine.package("broken", BROKEN))
    the_data_source_admin_reads_the_log_too(visit(tenancy.data_source_admin).page)
    with window.without_reload():
        assert push(machine.package("corrected", PERSONS)) == 0
        expect(import_row(window.page, 3)).to_contain_text("Success")


def the_tenant_admin_registers_the_app(page: Page, certificate: Path) -> tuple[str, str]:
    """The application (client) ID and the directory (tenant) ID, as copied."""
    register_app(page, "HRIS push")
    upload_certificate(page, certificate, description="HR export server")
    remove_permission(page, "User.Read")
    return copy(page, "Application (client) ID"), copy(page, "Directory (tenant) ID")


def the_insights_admin_sets_the_import_up(page: Page, app_id: str) -> None:
    start_automated_import(page, page.get_by_role("link", name="Start Automated import"))
    open_data_connections(page)
    go(page, "Manage data sources")
    start_automated_import(page, page.get_by_role("link", name="Switch to automated import"))
    save_connection(page, "HRIS nightly", app_id=app_id)
    use_as_data_source(page)


def a_good_package_succeeds_under_the_eyes_of(window: Window, push: Push, package: Path) -> None:
    with window.without_reload():
        assert push(package) == 0
        expect(notice(window.page, "Processing succeeded")).to_be_visible()
        expect(import_row(window.page, 1)).to_contain_text("Success")
        assert_at_the_top_right(notice(window.page, "Processing succeeded"))


def assert_at_the_top_right(shown: Locator) -> None:
    box, window = shown.bounding_box(), shown.page.viewport_size
    assert box
    assert window
    assert box["x"] > window["width"] / 2
    assert box["y"] < window["height"] / 4


def its_summary_and_mapping_open(page: Page) -> None:
    page.get_by_role("link", name=re.compile("^Summary of .*import 1$")).click()
    expect(title(page)).to_have_text("Summary of HRIS nightly")
    expect(page.get_by_text("12", exact=True).first).to_be_visible()
    page.go_back()
    page.get_by_role("link", name=re.compile("^Mapping of .*import 1$")).click()
    expect(title(page)).to_have_text("Mapping of HRIS nightly")
    expect(table(page, "Columns and their fields")).to_contain_text("EffectiveDate")


def a_broken_one_is_explained_to_the_cell(window: Window, push: Push, package: Path) -> None:
    page = window.page
    with window.without_reload():
        assert push(package) == 6
        expect(notice(page, "Validation failed")).to_be_visible()
        expect(import_row(page, 2)).to_contain_text("Validation failed")
        assert places_in(download_error_log(page, 2)) == [("9", "EffectiveDate", "02/30/2025")]


def the_data_source_admin_reads_the_log_too(page: Page) -> None:
    open_data_connections(page)
    assert places_in(download_error_log(page, 2)) == [("9", "EffectiveDate", "02/30/2025")]


def places_in(log: list[dict[str, str]]) -> list[tuple[str, str, str]]:
    """Line, column and value of each error."""
    return [(row["Line"], row["SourceColumn"], row["Value"]) for row in log]


def test_a_second_push_is_refused_until_the_running_import_is_abandoned(
    tenancies: dict[str, Tenancy], visit: Visit, machine: SendingMachine, server: Live
) -> None:
    tenancy = tenancies["Contoso Sales"]
    identity = machine.identity_of(tenancy.ready_sender)
    package = machine.package("good", PERSONS)
    page = visit(tenancy.insights_admin).page
    open_data_connections(page)
    with server.without_worker():
        assert machine.push(package, identity, "--no-follow").returncode == 0
        expect(page.get_by_role("list", name="Stages of HRIS nightly")).to_be_visible()
        refused = machine.push(package, identity)
        assert refused.returncode == 5
        assert "Previous ingestion is not complete." in refused.stderr
        a_swap_leaves_the_focus_where_it_is(page)
        abandon(page)
        expect(import_row(page, 1)).to_contain_text("Abandoned")
    assert machine.push(package, identity).returncode == 0
    expect(import_row(page, 2)).to_contain_text("Success")


def test_notices_are_announced_where_they_come_and_put_away_one_by_one(
    tenancies: dict[str, Tenancy], visit: Visit, machine: SendingMachine
) -> None:
    tenancy = tenancies["Contoso Support"]
    page = visit(tenancy.insights_admin).page
    open_data_connections(page)
    # A region is announced when its words change, not when it comes together with them.
    page.evaluate("window.region = document.getElementById('toasts')")
    identity = machine.identity_of(tenancy.ready_sender)
    assert machine.push(machine.package("good", PERSONS), identity).returncode == 0
    expect(notice(page, "Processing succeeded")).to_be_visible()
    assert page.evaluate("window.region.isConnected")
    dismiss = page.get_by_role("button", name="Dismiss notice: Processing succeeded")
    dismiss.press("Enter")
    following = page.get_by_role("button", name="Dismiss notice: Validation succeeded")
    expect(following).to_be_focused()
    page.evaluate(A_MOMENT)
    following.press("Enter")
    expect(title(page)).to_be_focused()
    expect(page.get_by_role("link", name="Notices", exact=True)).to_be_visible()


def a_swap_leaves_the_focus_where_it_is(page: Page) -> None:
    button = page.get_by_role("link", name="Abandon")
    button.focus()
    with page.expect_response(re.compile("/organizational-data/live/")) as swap:
        pass
    swap.value.finished()
    expect(button).to_be_focused()
