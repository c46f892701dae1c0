"""What holds for every page: a strict policy, no inline script or style, icons that exist, error pages."""

from __future__ import annotations

import re
from pathlib import Path
from zipfile import ZipFile

import lucide
import pytest
from django.test import Client
from django.urls import reverse

from orgport.imports.lifecycle import State
from orgport.server.portal.templatetags import portal as tags
from orgport.server.records.models import ImportRecord, Role, SourceKind, Tenant
from tenants import a_client, a_connection, a_tenant, an_import

pytestmark = pytest.mark.django_db

PORTAL = Path(tags.__file__).parents[1]
TEMPLATES = sorted((PORTAL / "templates").rglob("*.html"))
POLICY = {
    "default-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "form-action 'self'",
}


def pages(tenant: Tenant) -> list[str]:
    connection = a_connection(tenant)
    record = an_import(tenant, connection=connection)
    running = an_import(tenant, State.VALIDATING, connection=connection)
    assert connection.app is not None
    app = connection.app.id
    return [
        "/",
        "/sign-in/",
        "/notices/",
        "/app-registrations/",
        "/app-registrations/new/",
        f"/app-registrations/{app}/",
        f"/app-registrations/{app}/certificates/new/",
        f"/app-registrations/{app}/remove/",
        "/organizational-data/",
        "/organizational-data/data-quality/",
        "/organizational-data/data-sources/",
        "/organizational-data/data-sources/automated-import/",
        "/organizational-data/automated-import/",
        f"/organizational-data/automated-import/{connection.id}/",
        f"/imports/{record.id}/",
        f"/imports/{record.id}/summary/",
        f"/imports/{record.id}/mapping/",
        f"/imports/{running.id}/",
        f"/imports/{running.id}/abandon/",
        "/organizational-data/persons/",
        "/organizational-data/delete-fields/",
        "/organizational-data/delete-employees/",
        "/organizational-data/erase-persons/",
        "/access-tokens/",
        "/nothing-here/",
    ]


def test_every_page_has_the_policy_and_nothing_inline() -> None:
    tenant = a_tenant()
    urls = pages(tenant)
    # The history of this import holds nothing, so the hub has to show its first steps.
    ImportRecord.objects.filter(state=State.SUCCEEDED.value).update(
        state=State.PROCESSING_FAILED.value
    )
    client = a_client(tenant, *Role)
    for url in urls:
        response = client.get(url, follow=True)
        html = response.content.decode()
        policy = response["Content-Security-Policy"]
        assert {part.strip() for part in policy.split(";")} == POLICY, url
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|hx-on|hx-vals", html), url
        assert all('src="' in tag for tag in re.findall(r"<script[^>]*>", html)), url
        assert not re.search(r"(?:src|href)=\"(?:https?:)?//", html), url
        assert html.count("<h1") == 1, url
        assert "<main" in html, url
        assert "{%" not in html, url
        assert len(set(ids := re.findall(r'\sid="([^"]+)"', html))) == len(ids), url


def test_every_icon_that_is_named_exists() -> None:
    with ZipFile(Path(lucide.__file__).parent / "lucide.zip") as drawings:
        known = {name.removesuffix(".svg") for name in drawings.namelist()}
    named = {
        name
        for path in TEMPLATES
        for name in re.findall(r'{% icon "([^"]+)"', path.read_text(encoding="utf-8"))
    }
    named |= {
        name
        for path in TEMPLATES
        for name in re.findall(r'{% chip "[^"]+" "([^"]+)"', path.read_text(encoding="utf-8"))
    }
    named |= {name for _, name in tags.STATUS_CHIPS.values()}
    named |= {name for _, name in tags.SEVERITY_CHIPS.values()}
    named |= {*tags.SOURCE_ICONS.values(), *tags.NOTICE_ICONS.values(), *tags.THEME_ICONS.values()}
    assert len(named) > 30
    assert named - known == set()


def test_each_state_and_source_has_its_icon() -> None:
    assert set(tags.STATUS_CHIPS) == set(State)
    assert {str(kind) for kind in tags.SOURCE_ICONS} == set(SourceKind.values)


def test_the_one_script_stays_small() -> None:
    assert (PORTAL / "static/portal/portal.js").stat().st_size < 5_000


@pytest.mark.parametrize(
    "path",
    [
        "portal/tokens.css",
        "portal/base.css",
        "portal/shell.css",
        "portal/portal.js",
        "portal/fonts/inter-latin-wght-normal.woff2",
        "django_htmx/htmx-2.min.js",
    ],
)
def test_static_files_come_from_the_packages_themselves(path: str) -> None:
    response = Client().get(f"/static/{path}")
    assert response.status_code == 200
    response.close()


def test_an_unknown_address_gets_a_page_and_a_program_gets_a_problem() -> None:
    page = Client().get("/nothing-here/")
    assert page.status_code == 404
    assert "There is no such page" in page.content.decode()
    problem = Client().get("/api/v1/nothing-here")
    assert problem.status_code == 404
    assert problem["Content-Type"] == "application/problem+json"


def test_the_address_of_an_act_says_so_when_it_is_opened() -> None:
    client = a_client(a_tenant(), Role.INSIGHTS_ADMIN)
    answer = client.get("/notices/dismiss-all/")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    assert "Nothing was done." in answer.content.decode()


def test_an_address_without_its_last_slash_leads_to_the_page() -> None:
    assert Client().get("/app-registrations")["Location"] == "/app-registrations/"


def test_a_fault_is_told_without_a_traceback() -> None:
    client = a_client(a_tenant(), Role.INSIGHTS_ADMIN)
    client.raise_request_exception = False
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("orgport.server.portal.views.data_hub.last_success", lambda _: 1 / 0)
        response = client.get(reverse("data-hub"))
    assert response.status_code == 500
    assert "it is our fault" in response.content.decode()
    assert "Traceback" not in response.content.decode()


def test_the_template_of_a_package_needs_no_account() -> None:
    response = Client().get("/templates/package.zip")
    content = b"".join(response)
    response.close()
    assert content.startswith(b"PK")


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Custom_Field_With_Long_Name", "Custom_|Field_|With_|Long_|Name"),
        ("WeeklyBadgeOnsiteDays", "Weekly|Badge|Onsite|Days"),
        ("ann_berg@contoso.com", "ann_|berg|@contoso.com"),
        ("_Room__No_", "_|Room__|No_"),
        ("<b>_<b>", "&lt;b&gt;_|&lt;b&gt;"),
    ],
)
def test_a_name_may_break_behind_its_parts_and_nowhere_else(name: str, parts: str) -> None:
    assert tags.parted(name).split("<wbr>") == parts.split("|")
