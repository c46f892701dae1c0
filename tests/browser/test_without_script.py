"""Every window is also a page, and every swap a reload: the set-up works where no script runs."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect
from portal import (
    go,
    import_row,
    open_data_connections,
    register_app,
    save_connection,
    title,
    use_as_data_source,
)
from sending_machine import Identity, SendingMachine
from tenancies import Tenancy
from windows import Window

from factories import a_person


def test_an_import_is_set_up_and_read_without_javascript(
    tenancies: dict[str, Tenancy], visit: Callable[..., Window], machine: SendingMachine
) -> None:
    tenancy = tenancies["Contoso West"]
    certificate = machine.make_certificate("contoso-hris")
    page = visit(tenancy.tenant_admin, with_script=False).page
    register_app(page, "HRIS push")
    go(page, "Upload certificate")
    expect(title(page)).to_have_text("Upload certificate")
    page.get_by_label("Certificate file").set_input_files(certificate)
    page.get_by_role("button", name="Add").click()
    page.get_by_role("link", name="Remove permission User.Read").click()
    expect(title(page)).to_have_text("Remove permission User.Read")
    page.get_by_role("button", name="Remove permission").click()
    expect(page.get_by_text("No permission is left")).to_be_visible()
    app_id, tenant_id = shown(page, "client-id"), shown(page, "tenant-id")

    page = visit(tenancy.insights_admin, with_script=False).page
    page.get_by_role("link", name="Start Automated import").click()
    expect(title(page)).to_have_text("Switch to: Automated import")
    go(page, "Start")
    save_connection(page, "HRIS nightly", app_id=app_id)
    use_as_data_source(page)
    package = machine.package("good", [a_person(number) for number in range(3)])
    pushed = machine.push(package, Identity(app_id, tenant_id, "contoso-hris"))
    assert pushed.returncode == 0
    open_data_connections(page)
    expect(import_row(page, 1)).to_contain_text("Success")
    page.get_by_label("Status").select_option("Failed")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_text("No import with the status Failed.")).to_be_visible()


def shown(page: Page, what: str) -> str:
    """An ID as it stands on the page: without a script there is no button to copy it."""
    expect(page.get_by_role("button", name=re.compile("^Copy"))).to_have_count(0)
    return str(page.locator(f"#{what}").text_content())
