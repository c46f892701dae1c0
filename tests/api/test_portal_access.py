"""Who may open which page: roles, and that nothing of one tenant is ever seen from another."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from orgport.imports.lifecycle import State
from orgport.server.portal.urls import urlpatterns
from orgport.server.records.models import (
    Account,
    Connection,
    CsvDraft,
    ImportRecord,
    Notice,
    Role,
    SavedExtract,
    SourceKind,
    Tenant,
)
from orgport.server.wiring.personal_tokens import make_token
from tenants import a_client, a_connection, a_tenant, an_account, an_import, by_admin, now

pytestmark = pytest.mark.django_db

SAME_FOR_ALL = {"help-rule"}  # says nothing of any tenant
OPEN_TO_ALL = {
    "sign-in",
    "sign-out",
    "theme",
    "package-template",
    "delete-employees-template",
    "token-refusal",
}
ADMIN, TENANT_ADMIN, APPROVER = {Role.INSIGHTS_ADMIN}, {Role.TENANT_ADMIN}, {Role.APPROVER}
READ_ALL, SENDERS = ADMIN | APPROVER, ADMIN | {Role.DATA_SOURCE_ADMIN}
READ_IMPORTS, READ_FIGURES = READ_ALL | SENDERS, ADMIN | {Role.ANALYST}
PAGES = {
    "data-hub": READ_FIGURES,
    "tenant": set(Role),
    "notices": set(Role),
    "dismiss-notice": set(Role),
    "dismiss-all-notices": set(Role),
    "help": set(Role),
    "help-rule": set(Role),
    "access-tokens": set(Role),
    "revoke-token": set(Role),
    "app-registrations": TENANT_ADMIN,
    "register-app": TENANT_ADMIN,
    "app": TENANT_ADMIN,
    "rename-app": TENANT_ADMIN,
    "remove-app": TENANT_ADMIN,
    "upload-certificate": TENANT_ADMIN,
    "certificate": TENANT_ADMIN,
    "remove-certificate": TENANT_ADMIN,
    "remove-all-permissions": TENANT_ADMIN,
    "remove-permission": TENANT_ADMIN,
    "data-connections": READ_IMPORTS,
    "live": READ_IMPORTS,
    "history-csv": READ_IMPORTS,
    "data-quality": READ_FIGURES,
    "quality-field": READ_FIGURES,
    "quality-trend": READ_FIGURES,
    "quality-missing": ADMIN,
    "measured": ADMIN,
    "clear-measured": ADMIN,
    "extracts": ADMIN,
    "delete-extract": ADMIN,
    "measured-list": ADMIN,
    "data-sources": ADMIN,
    "switch-to-automated": ADMIN,
    "switch-to-csv": ADMIN,
    "csv-upload": ADMIN,
    "csv-prepare": ADMIN,
    "csv-mapping": ADMIN,
    "csv-cancel": ADMIN,
    "csv-template": ADMIN,
    "automated-import": ADMIN,
    "connection": ADMIN,
    "connection-settings": ADMIN,
    "connection-rules": ADMIN,
    "use-connection": ADMIN,
    "guard-rails": ADMIN,
    "persons": ADMIN,
    "person": ADMIN,
    "person-periods": ADMIN,
    "organization": ADMIN,
    "organization-reports": ADMIN,
    "delete-fields": ADMIN,
    "delete-employees": ADMIN,
    "erase-persons": ADMIN,
    "deleted-employees": ADMIN,
    "import": READ_IMPORTS,
    "import-summary": READ_IMPORTS,
    "import-mapping": READ_IMPORTS,
    "import-findings": READ_IMPORTS,
    "error-log": READ_IMPORTS,
    "error-log-jsonl": READ_IMPORTS,
    "correction-file": READ_IMPORTS,
    "upload-corrections": SENDERS,
    "edit-cells": SENDERS,
    "apply-cure": SENDERS,
    "retry-import": SENDERS,
    "preview": READ_ALL,
    "preview-persons": READ_ALL,
    "preview-person": READ_ALL,
    "changes-csv": READ_ALL,
    "decide": APPROVER,
    "abandon-import": ADMIN,
    "undo-import": ADMIN,
    "restore-import": ADMIN,
}
# What an empty form, or an import without anything on disk, is answered.
ANSWERS = {
    "tenant": {302},
    "dismiss-notice": {302, 404},  # 404: about an import that the role does not see
    "dismiss-all-notices": {302},
    "revoke-token": {404},  # somebody else's
    "connection-settings": {302},
    "use-connection": {302},
    "quality-field": {404},
    "csv-upload": {302},  # csv upload is not the data source
    "csv-prepare": {302},
    "csv-mapping": {302},  # the bytes are gone
    "csv-cancel": {302},
    "person": {404},
    "person-periods": {404},
    "organization-reports": {404},  # of nobody
    "measured-list": {404},  # there is none
    "deleted-employees": {404},
    "correction-file": {410},
    "preview": {410},
    "preview-persons": {410},
    "preview-person": {410},
    "changes-csv": {410},
    "decide": {302},
    "clear-measured": {302},  # there is no list
    "edit-cells": {409, 410},
    "apply-cure": {409, 410},
}


def things_of(tenant: Tenant) -> dict[str, object]:
    """One of each thing that addresses name, all of this tenant."""
    connection = a_connection(tenant, f"{tenant.name} nightly")
    app = connection.app
    assert app is not None
    record = an_import(tenant, connection=connection, name=f"{tenant.name} import")
    notice = Notice.objects.create(
        tenant=tenant, about=record, kind="processing_succeeded", tone="success", title="Done"
    )
    draft = CsvDraft.objects.create(
        tenant=tenant,
        name=f"{tenant.name} draft",
        refresh="full",
        file_name="people.csv",
        sha256="0" * 64,
        size_bytes=1,
        columns=[],
        created_by="admin@contoso.com",
        changed_at=now(),
    )
    token, _ = make_token(
        an_account(tenant), tenant, name=f"{tenant.name} script", days=30, by=by_admin()
    )
    extract = SavedExtract.objects.create(
        tenant=tenant,
        name=f"{tenant.name} extract",
        fields=["Location"],
        made_by="admin@contoso.com",
        made_at=now(),
    )
    return {
        "app_id": app.id,
        "certificate_id": app.certificates.get().id,
        "permission_id": app.permissions.get().id,
        "connection_id": connection.id,
        "draft_id": draft.id,
        "extract_id": extract.id,
        "import_id": record.id,
        "notice_id": notice.id,
        "person": 1,
        "token_id": token.id,
        "code": "VAL_DATE",
    }


def address(name: str, things: dict[str, object]) -> str:
    pattern = next(one for one in urlpatterns if one.name == name)  # type: ignore[union-attr]
    wanted = pattern.pattern.converters
    return reverse(name, kwargs={key: things[key] for key in wanted})


def opened(client: Client, url: str) -> int:
    """The status of a page; of an act, when it is sent an empty form."""
    status = client.get(url).status_code
    return client.post(url).status_code if status == 405 else status


def test_the_table_has_every_address_of_the_portal_and_no_other() -> None:
    names = [str(pattern.name) for pattern in urlpatterns]  # type: ignore[union-attr]
    assert sorted(names) == sorted([*PAGES, *OPEN_TO_ALL])


@pytest.mark.parametrize("role", list(Role))
def test_each_page_opens_for_its_roles_only(role: Role) -> None:
    tenant = a_tenant()
    things = things_of(tenant)
    client = a_client(tenant, role)
    for name, roles in PAGES.items():
        # The Data hub is the first address of all: who may not see it is led to a page of theirs.
        refused = 302 if name == "data-hub" else 403
        wanted = ANSWERS.get(name, {200, 204}) if role in roles else {refused}
        assert opened(client, address(name, things)) in wanted, name


@pytest.mark.parametrize("role", list(Role))
def test_the_first_address_leads_everybody_to_a_page_they_may_open(role: Role) -> None:
    client = a_client(a_tenant(), role)
    assert client.get("/", follow=True).status_code == 200


def test_who_is_not_signed_in_is_asked_to_and_comes_back() -> None:
    things = things_of(a_tenant())
    for pattern in urlpatterns:
        name = str(pattern.name)  # type: ignore[union-attr]
        if name in OPEN_TO_ALL:
            continue
        url = address(name, things)
        response = Client().get(url)
        if response.status_code == 405:  # an act: only by POST
            response = Client().post(url)
        assert response.status_code == 302, name
        assert response["Location"].startswith("/sign-in/?next="), name


def test_an_account_without_a_role_is_told_whom_to_ask() -> None:
    client = Client()
    client.force_login(an_account(None), backend="django.contrib.auth.backends.ModelBackend")
    response = client.get("/")
    assert response.status_code == 403
    assert "Ask your tenant admin" in response.content.decode()


def test_an_operator_sees_no_data() -> None:
    things = things_of(a_tenant())
    operator = an_account(None)
    operator.is_operator = True
    operator.save()
    client = Client()
    client.force_login(operator, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(address("import", things)).status_code == 403


def test_nothing_of_a_tenant_is_found_from_another_one() -> None:
    contoso = a_tenant("Contoso")
    things = things_of(contoso)
    stranger = a_client(a_tenant("Fabrikam"), *Role)
    walked = 0
    for pattern in urlpatterns:
        name = str(pattern.name)  # type: ignore[union-attr]
        if name in OPEN_TO_ALL | SAME_FOR_ALL:
            continue
        url = address(name, things)
        answers = [stranger.get(url)]
        if pattern.pattern.converters:
            answers = [answers[0], stranger.post(url)]
            assert {answer.status_code for answer in answers} <= {404, 405}, name
            assert 404 in {answer.status_code for answer in answers}, name
            walked += 1
        for answer in answers:
            content = b"".join(answer) if answer.streaming else answer.content
            assert b"Contoso" not in content, name
    assert walked > 15
    assert ImportRecord.objects.filter(id=str(things["import_id"])).exists()
    assert Connection.objects.get(id=str(things["connection_id"])).app_id == things["app_id"]


def test_a_data_source_admin_sees_what_was_pushed_and_what_they_sent_themselves() -> None:
    tenant = a_tenant()
    pushed = an_import(tenant, name="Pushed")
    own = an_import(tenant, name="Own upload", source=SourceKind.CSV, submitted_by="b@contoso.com")
    other = an_import(
        tenant, name="Other upload", source=SourceKind.CSV, submitted_by="c@contoso.com"
    )
    client = a_client(tenant, Role.DATA_SOURCE_ADMIN, email="b@contoso.com")
    page = client.get("/organizational-data/").content.decode()
    assert "Pushed" in page
    assert "Own upload" in page
    assert "Other upload" not in page
    assert client.get(f"/imports/{pushed.id}/").status_code == 200
    assert client.get(f"/imports/{own.id}/").status_code == 200
    assert client.get(f"/imports/{other.id}/").status_code == 404


def test_who_may_only_look_is_offered_no_act() -> None:
    tenant = a_tenant()
    running = an_import(tenant, State.VALIDATING, connection=a_connection(tenant))
    page = a_client(tenant, Role.DATA_SOURCE_ADMIN).get("/organizational-data/").content.decode()
    assert running.name in page
    assert 'id="abandon"' not in page
    assert "data sources" not in page


def test_a_link_that_a_role_may_not_open_is_absent() -> None:
    page = a_client(a_tenant(), Role.ANALYST).get("/").content.decode()
    assert "App registrations" not in page
    assert "Data hub" in page


def test_an_account_of_two_tenants_chooses_between_them_and_no_third() -> None:
    contoso, fabrikam, other = a_tenant("Contoso"), a_tenant("Fabrikam"), a_tenant("Northwind")
    client = a_client(contoso, Role.INSIGHTS_ADMIN, email="d@contoso.com")
    account = Account.objects.get(email="d@contoso.com")
    account.grants.create(tenant=fabrikam, role=Role.ANALYST)
    client.post("/tenant/", {"tenant": str(fabrikam.id)})
    assert "Fabrikam – orgport" in client.get("/").content.decode()
    client.post("/tenant/", {"tenant": str(other.id)})
    page = client.get("/").content.decode()
    assert "Fabrikam – orgport" in page
    assert "Northwind" not in page
