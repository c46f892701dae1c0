"""An import begins to wait while its page is open; an approver rejects it and is asked why."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect
from portal import import_row, open_data_connections
from scanning import Scan
from sending_machine import SendingMachine
from tenancies import Tenancy
from windows import Window

from factories import a_person
from live import Live

Visit = Callable[..., Window]

PERSONS = [a_person(number) for number in range(12)]


def test_an_open_page_tells_that_its_import_waits_and_a_rejection_asks_for_its_reason(
    tenancies: dict[str, Tenancy], visit: Visit, machine: SendingMachine, server: Live
) -> None:
    tenancy = tenancies["Contoso Limits"]
    identity = machine.identity_of(tenancy.ready_sender)
    assert machine.push(machine.package("good", PERSONS), identity).returncode == 0
    scan, page = Scan(), visit(tenancy.deciding_admin).page
    with server.without_worker():
        fewer = machine.package("fewer", PERSONS[:6])
        assert machine.push(fewer, identity, "--no-follow").returncode == 0
        open_data_connections(page)
        import_row(page, 2).get_by_role("link", name="HRIS nightly", exact=True).click()
        expect(page.get_by_text("This page follows it to its end.")).to_be_visible()
    expect(page.get_by_text("This import waits for an approver.")).to_be_visible()
    expect(page.get_by_text("6 of 12 persons would be removed, 50.0%.")).to_be_visible()
    scan.look(page)
    page.get_by_role("link", name="Open change preview").click()
    page.get_by_role("button", name="Reject this import").click()
    page.get_by_role("link", name="Note: Say why").click()
    expect(page.get_by_label("Note")).to_be_focused()
    expect(page.get_by_text("6 of 12 persons would be removed, 50.0%.")).to_be_visible()
    scan.look(page)
    page.get_by_label("Note").fill("A region is missing.")
    page.get_by_role("button", name="Reject this import").click()
    expect(page.get_by_text("Rejected by")).to_be_visible()
    assert scan.faults == []
