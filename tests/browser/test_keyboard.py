"""The portal without a mouse: everything is reached by Tab, seen when it has the focus, and left by Esc."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from keys import press, tab, tab_to
from playwright.sync_api import Page, expect
from portal import dialog, title
from tenancies import PASSWORD, Tenancy
from windows import Window

Visit = Callable[..., Window]


@pytest.fixture
def tenant_admin(tenancies: dict[str, Tenancy], visit: Visit) -> Page:
    """The page of a tenant admin who signed in with the keyboard."""
    page = visit().page
    page.goto("/sign-in/")
    tab_to(page, "E-mail address")
    page.keyboard.type(tenancies["Contoso East"].tenant_admin)
    tab_to(page, "Password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(title(page)).to_have_text("App registrations")
    return page


def test_the_skip_link_comes_first_and_leads_past_bar_and_rail(tenant_admin: Page) -> None:
    assert tab(tenant_admin) == "Skip to content"
    tenant_admin.keyboard.press("Enter")
    assert tenant_admin.evaluate("document.activeElement.id") == "main"
    assert tab(tenant_admin) == "Register an app"


def test_tab_goes_through_bar_and_rail_before_the_page_itself(tenant_admin: Page) -> None:
    passed = tab_to(tenant_admin, "Register an app")
    landmarks = ("Skip to content", "Notices", "Theme: System", "Account", "App registrations")
    order = [name for name in passed if name.startswith(landmarks)]
    assert [name.split(": ")[0] for name in order] == [
        "Skip to content", "Notices", "Theme", "Account", "App registrations",
    ]  # fmt: skip
    assert tab(tenant_admin, "Shift+Tab") == passed[-2]


def test_an_app_is_registered_and_its_permission_removed_by_keyboard_alone(
    tenant_admin: Page,
) -> None:
    page = tenant_admin
    press(page, "Register an app")
    expect(title(page)).to_have_text("Register an app")
    press(page, "Register")
    expect(page.get_by_role("alert")).to_be_focused()
    assert tab(page).startswith("Name: ")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("HRIS push")
    page.keyboard.press("Enter")
    expect(title(page)).to_have_text("HRIS push")
    press(page, "Remove permission User.Read")
    window = dialog(page, "Remove permission User.Read")
    expect(window.get_by_role("heading")).to_be_focused()
    assert tab(page) == "Cancel"
    assert tab(page) == "Remove permission"
    page.keyboard.press("Enter")
    expect(page.get_by_text("No permission is left")).to_be_visible()


def test_esc_closes_a_window_and_gives_the_focus_back(tenant_admin: Page) -> None:
    page = tenant_admin
    page.goto("/app-registrations/new/")
    tab_to(page, "Name")
    page.keyboard.type("Payroll push")
    page.keyboard.press("Enter")
    expect(title(page)).to_have_text("Payroll push")
    for opener in ("Rename", "Remove app", "Upload certificate", "Remove all permissions"):
        press(page, opener)
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("link", name=opener)).to_be_focused()
        page.reload()


def test_esc_closes_a_menu_and_gives_the_focus_back(tenant_admin: Page) -> None:
    page = tenant_admin
    press(page, "Theme: System")
    assert tab(page) == "System"
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Dark")).to_have_count(0)
    expect(page.get_by_label("Theme: System")).to_be_focused()
    page.keyboard.press("Enter")
    press(page, "Dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_tooltip_is_shown_with_the_focus_and_put_away_by_esc(tenant_admin: Page) -> None:
    page = tenant_admin
    page.goto("/app-registrations/new/")
    tab_to(page, "Name")
    page.keyboard.type("Badge push")
    page.keyboard.press("Enter")
    tip = page.get_by_role("button", name="Copy Application (client) ID").get_by_text("Copy")
    expect(tip).to_be_hidden()
    tab_to(page, "Copy Application (client) ID")
    expect(tip).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
