"""What people do in the portal, one function an act, by roles and names as a screen reader tells them."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect
from tenancies import PASSWORD

LOG = "utf-8-sig"


def sign_in(page: Page, email: str) -> None:
    """Sign in; the first page of the account's roles opens."""
    page.goto("/sign-in/")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1, name="Sign in")).to_have_count(0)


def go(page: Page, *links: str) -> None:
    """Follow links of the rail or of a page, one after another."""
    for name in links:
        page.get_by_role("link", name=name, exact=True).first.click()


def title(page: Page) -> Locator:
    """The page's one title."""
    return page.get_by_role("heading", level=1)


def dialog(page: Page, name: str | re.Pattern[str]) -> Locator:
    """The open dialog of this name."""
    found = page.get_by_role("dialog", name=name)
    expect(found).to_be_visible()
    return found


def table(page: Page, name: str | re.Pattern[str]) -> Locator:
    return page.get_by_role("table", name=name)


# The tenant admin


def register_app(page: Page, name: str) -> None:
    """App registrations > Register an app; leads to the app's page."""
    go(page, "App registrations", "Register an app")
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Register").click()
    expect(title(page)).to_have_text(name)


def upload_certificate(page: Page, file: Path, *, description: str) -> None:
    page.get_by_role("link", name="Upload certificate").click()
    window = dialog(page, "Upload certificate")
    window.get_by_label("Certificate file").set_input_files(file)
    window.get_by_label("Description").fill(description)
    window.get_by_role("button", name="Add").click()
    expect(table(page, re.compile("Certificates of"))).to_contain_text(description)


def remove_permission(page: Page, name: str) -> None:
    """Remove one permission; the dialog asks first."""
    page.get_by_role("link", name=f"Remove permission {name}").click()
    window = dialog(page, f"Remove permission {name}")
    window.get_by_role("button", name="Remove permission").click()
    expect(page.get_by_text("No permission is left")).to_be_visible()


def copy(page: Page, what: str) -> str:
    """What the copy button puts on the clipboard."""
    page.get_by_role("button", name=f"Copy {what}").click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
    return str(page.evaluate("navigator.clipboard.readText()"))


# The Insights admin


def start_automated_import(page: Page, button: Locator) -> None:
    """Open the window *Switch to: Automated import* with a button, and start."""
    button.click()
    dialog(page, "Switch to: Automated import").get_by_role("link", name="Start").click()
    expect(title(page)).to_have_text("Automated organizational data import")


def save_connection(page: Page, name: str, *, app_id: str) -> None:
    page.get_by_label("Connection name").fill(name)
    page.get_by_label("App ID").fill(app_id)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text(re.compile("Found: .*1 valid certificate"))).to_be_visible()


def use_as_data_source(page: Page) -> None:
    page.get_by_role("button", name="Use as data source").click()
    expect(page.get_by_text("Active", exact=True).first).to_be_visible()


def open_data_connections(page: Page) -> None:
    go(page, "Organizational data")
    expect(page.get_by_role("link", name="Data connections", exact=True).first).to_be_visible()


def imports(page: Page) -> Locator:
    """The rows of Import history, newest first."""
    return table(page, "Imports, newest first").locator("tbody").get_by_role("row")


def import_row(page: Page, number: int) -> Locator:
    return imports(page).filter(has=page.get_by_text(f"Import {number}", exact=True))


def notice(page: Page, title: str) -> Locator:
    """A notice at the top right, announced as it comes."""
    announced = page.get_by_role("status").or_(page.get_by_role("alert"))
    return announced.filter(has_text=title).first


def download_error_log(page: Page, number: int) -> list[dict[str, str]]:
    """The errors in the log behind the download icon."""
    with page.expect_download() as download:
        name = re.compile(f"Download error log of .*import {number}$")
        page.get_by_role("link", name=name).click()
    with Path(download.value.path()).open(encoding=LOG, newline="") as file:
        return [row for row in csv.DictReader(file) if row["Severity"] == "Error"]


def abandon(page: Page) -> None:
    """Abandon the running import; the dialog asks first."""
    page.get_by_role("link", name="Abandon").click()
    window = dialog(page, re.compile("^Abandon "))
    window.get_by_role("button", name="Abandon this import").click()
