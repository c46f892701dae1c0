"""Every operation of the native API, walked from its own description: who may do it, and who may not.

An operation that is not in the table fails the first test, so a new one cannot be forgotten.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from ingress import a_token
from orgport.imports.rewrites import run_rewrite
from orgport.server.api import callers
from orgport.server.api.native import api
from orgport.server.records.models import (
    Account,
    AppRegistration,
    Connection,
    ImportRecord,
    MeasuredList,
    Role,
    SavedExtract,
    Tenant,
)
from orgport.server.settings import settings
from orgport.server.wiring.deletions import delete_employees
from orgport.server.wiring.measured import set_measured
from orgport.server.wiring.personal_tokens import make_token
from orgport.server.wiring.places import bench
from tenants import (
    a_client,
    a_connection,
    a_pushed_import,
    a_tenant,
    a_zip,
    an_account,
    an_import,
    by_admin,
    now,
)

pytestmark = pytest.mark.django_db

ADMIN, READERS, APPROVER = (
    {Role.INSIGHTS_ADMIN},
    {Role.INSIGHTS_ADMIN, Role.APPROVER},
    {Role.APPROVER},
)
SECRET = "Wingtip"  # stands in names and rows of the tenant that is asked about, nowhere else
GOING = {"addresses": ["p1@wingtip.contoso.com"]}
_T = "/api/v1/tenants/{tenant}"
_I = _T + "/imports/{import_id}"


@dataclass(frozen=True)
class Operation:
    """Who may do it, to which of the imports, with what."""

    roles: set[Role]
    of: str = "newest"
    status: int = 200
    body: dict[str, Any] = field(default_factory=dict)
    is_form: bool = False
    text: str = ""  # the body, when it is a csv


OPERATIONS = {
    ("get", f"{_T}/people"): Operation(ADMIN),
    ("get", f"{_T}/people/{{email}}/periods"): Operation(ADMIN),
    ("get", f"{_T}/snapshot"): Operation(ADMIN),
    ("get", f"{_T}/organization"): Operation(ADMIN),
    ("get", f"{_T}/data-quality"): Operation({Role.INSIGHTS_ADMIN, Role.ANALYST}),
    ("get", f"{_T}/data-quality/missing.csv"): Operation(ADMIN),
    ("get", f"{_T}/measured"): Operation(ADMIN),
    ("put", f"{_T}/measured"): Operation(ADMIN, text="PersonId\np1@wingtip.contoso.com\n"),
    ("delete", f"{_T}/measured"): Operation(ADMIN, status=204),
    ("get", f"{_T}/extracts"): Operation(ADMIN),
    ("post", f"{_T}/extracts"): Operation(
        ADMIN, status=201, body={"name": "Places", "fields": ["Location"]}
    ),
    ("get", f"{_T}/extracts/{{extract}}"): Operation(ADMIN),
    ("get", f"{_T}/extracts/{{extract}}/rows"): Operation(ADMIN),
    ("delete", f"{_T}/extracts/{{extract}}"): Operation(ADMIN, status=204),
    ("get", f"{_T}/imports"): Operation(READERS),
    ("get", _I): Operation(READERS),
    ("get", f"{_I}/undo"): Operation(ADMIN, of="edit"),
    ("post", f"{_I}/undo"): Operation(ADMIN, of="edit", status=202),
    ("get", f"{_I}/restore"): Operation(ADMIN, of="first"),
    ("post", f"{_I}/restore"): Operation(ADMIN, of="first", status=202),
    ("get", f"{_I}/deleted-employees"): Operation(ADMIN, of="deletion"),
    ("post", f"{_T}/deletions/fields"): Operation(
        ADMIN, status=202, body={"name": "No places", "fields": ["Location"]}
    ),
    ("post", f"{_T}/deletions/employees"): Operation(
        ADMIN, status=202, body={"name": "Leavers"}, is_form=True
    ),
    ("post", f"{_T}/deletions/employees/preview"): Operation(ADMIN, is_form=True),
    ("post", f"{_T}/deletions/fields/preview"): Operation(ADMIN, body={"fields": ["Location"]}),
    ("post", f"{_T}/erasures/preview"): Operation(ADMIN, body=GOING),
    ("post", f"{_T}/erasures"): Operation(
        ADMIN, status=202, body={**GOING, "confirmation": "erase 1 person"}
    ),
    ("get", f"{_I}/preview"): Operation(READERS, of="edit"),
    ("get", f"{_I}/preview/persons"): Operation(READERS, of="edit"),
    ("get", f"{_I}/preview/persons/{{number}}"): Operation(READERS, of="edit"),
    ("post", f"{_I}/approve"): Operation(APPROVER, of="waiting", body={"note": "Yes."}),
    ("post", f"{_I}/reject"): Operation(APPROVER, of="waiting", body={"note": "No."}),
}
every_operation = pytest.mark.parametrize(
    ("method", "path"), OPERATIONS, ids=[f"{method} {path[25:]}" for method, path in OPERATIONS]
)


def rows(organization: str, day: str, count: int) -> list[dict[str, str]]:
    return [
        {
            "PersonId": f"p{number}@wingtip.contoso.com",
            "ManagerId": "" if number == 0 else "p0@wingtip.contoso.com",
            "Organization": f"{SECRET} {organization}",
            "Location": SECRET,
            "EffectiveDate": day,
        }
        for number in range(count)
    ]


@dataclass
class World:
    """A tenant with a history, and what the operations name of it."""

    tenant: Tenant = field(default_factory=lambda: a_tenant(SECRET))

    def __post_init__(self) -> None:
        set_measured(self.tenant, [b"PersonId\np2@wingtip.contoso.com\n"], by=by_admin())
        self.connection: Connection = a_connection(self.tenant, f"{SECRET} nightly")
        SavedExtract.objects.create(
            tenant=self.tenant, name=SECRET, fields=["Location"], made_by=SECRET, made_at=now()
        )

    def import_for(self, operation: Operation) -> ImportRecord:
        """The import that an operation is done to, with all before it."""
        first = a_pushed_import(self.connection, a_zip(rows("Sales", "01/01/2025", 4)))
        if operation.of == "first":
            self._edit()
            return first
        if operation.of == "deletion":
            return self._deletion()
        if operation.of == "waiting":
            self.connection.guard_rails = {"always_approve": True}
            self.connection.save()
        return self._edit()

    def _edit(self) -> ImportRecord:
        edit = rows("Legal", "02/01/2025", 2)[1:]
        return a_pushed_import(self.connection, a_zip(edit, is_full=False))

    def _deletion(self) -> ImportRecord:
        record = delete_employees(
            self.tenant,
            name="Leavers",
            chunks=[b"PersonId\np1@wingtip.contoso.com\n"],
            file_name="leavers.csv",
            by=by_admin(),
            import_id=ImportRecord().id,
        )
        run_rewrite(record.id, bench(worker="test"))
        return record


@dataclass
class Asking:
    """One operation on one import, as it is asked by anybody."""

    method: str
    path: str
    operation: Operation
    record: ImportRecord

    def by(self, client: Client, headers: dict[str, str], *, tenant: Tenant | None = None) -> Any:
        """The answer, under the path of the record's tenant or another one."""
        url = self.path.format(
            tenant=(tenant or self.record.tenant).id,
            import_id=self.record.id,
            email="p1@wingtip.contoso.com",
            number=2,
            extract=SavedExtract.objects.of(self.record.tenant).get().id,
        )
        if self.method == "get":
            return client.get(url, headers=headers)
        if self.method == "delete":
            return client.delete(url, headers=headers)
        if self.method == "put":
            return client.put(url, self.operation.text, content_type="text/csv", headers=headers)
        if self.operation.is_form:
            file = SimpleUploadedFile("leavers.csv", b"PersonId\np1@wingtip.contoso.com\n")
            return client.post(url, self.operation.body | {"file": file}, headers=headers)
        return client.post(
            url, self.operation.body, content_type="application/json", headers=headers
        )


@pytest.fixture
def asking(method: str, path: str) -> Asking:
    operation = OPERATIONS[method, path]
    return Asking(method, path, operation, World().import_for(operation))


@pytest.fixture
def asking_of_a_row(method: str, path: str) -> Asking:
    """The same of an import that is a row alone: enough for who is refused before anything is read."""
    world = World()
    record = an_import(world.tenant, connection=world.connection, name=f"{SECRET} nightly")
    return Asking(method, path, OPERATIONS[method, path], record)


def bearer(account: Account, tenant: Tenant) -> dict[str, str]:
    _, text = make_token(account, tenant, name="script", days=30, by=by_admin())
    return {"Authorization": f"Bearer {text}"}


def content_of(response: Any) -> str:
    return str(response.getvalue().decode())


def assert_refused(response: Any, status: int, code: str) -> None:
    """A problem as documented, which tells nothing of the tenant."""
    content = content_of(response)
    assert response.status_code == status, content
    assert response["Content-Type"] == "application/problem+json"
    said = json.loads(content)
    assert (said["code"], said["status"]) == (code, status)
    assert {"type", "title", "detail"} <= set(said)
    assert SECRET.lower() not in content.lower()


def what_holds(tenant: Tenant) -> list[Any]:
    """What a refused act must leave as it is."""
    imports = ImportRecord.objects.of(tenant).order_by("number").values("id", "state", "act")
    extracts = SavedExtract.objects.of(tenant).values("name")
    return [*imports, *MeasuredList.objects.of(tenant).values("addresses"), *extracts]


def test_the_table_has_every_operation_that_the_api_describes_and_no_other() -> None:
    described: Iterator[tuple[str, str]] = (
        (method, path)
        for path, methods in api.get_openapi_schema()["paths"].items()
        for method in methods
    )
    assert set(described) == set(OPERATIONS)


@every_operation
def test_who_does_not_sign_in_is_refused(asking_of_a_row: Asking) -> None:
    assert_refused(asking_of_a_row.by(Client(), {}), 401, "sign_in_failed")
    for text in ("x", "orgport_" + "x" * 43, "\x00", "\u00e4"):
        headers = {"Authorization": f"Bearer {text}"}
        assert_refused(asking_of_a_row.by(Client(), headers), 401, "sign_in_failed")


@every_operation
def test_a_wrong_path_or_method_is_a_problem_like_all_others(method: str, path: str) -> None:
    ids = {"import_id": "x", "extract": "x", "email": "x", "number": "x"}
    nowhere = Client().generic(method.upper(), path.format(tenant="contoso", **ids))
    assert_refused(nowhere, 404, "not_found")
    ids |= {"import_id": str(ImportRecord().id), "extract": str(ImportRecord().id), "number": "1"}
    never = Client().patch(path.format(tenant=ImportRecord().id, **ids))
    assert_refused(never, 405, "method_not_allowed")
    assert method.upper() in never["Allow"]


@every_operation
def test_the_token_of_an_app_is_refused(asking_of_a_row: Asking) -> None:
    app = asking_of_a_row.record.app or AppRegistration.objects.get(
        tenant=asking_of_a_row.record.tenant
    )
    headers = {"Authorization": f"Bearer {a_token(app)}"}
    before = what_holds(asking_of_a_row.record.tenant)
    assert_refused(asking_of_a_row.by(Client(), headers), 401, "sign_in_failed")
    assert what_holds(asking_of_a_row.record.tenant) == before


@every_operation
def test_roles_that_may_not_are_refused_in_the_portal_and_by_token(asking_of_a_row: Asking) -> None:
    tenant = asking_of_a_row.record.tenant
    before = what_holds(tenant)
    wrong = set(Role) - asking_of_a_row.operation.roles
    for role in wrong:
        assert_refused(asking_of_a_row.by(a_client(tenant, role), {}), 403, "forbidden")
    everything_else = an_account(tenant, *wrong)
    assert_refused(asking_of_a_row.by(Client(), bearer(everything_else, tenant)), 403, "forbidden")
    assert what_holds(tenant) == before


@every_operation
def test_another_tenant_finds_nothing_under_either_path(asking: Asking) -> None:
    theirs, own = asking.record.tenant, a_tenant("Fabrikam")
    before = what_holds(theirs)
    account = an_account(own, *Role)
    client = Client()
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    names_a_thing = "{import_id}" in asking.path or "{extract}" in asking.path
    for by, headers in ((client, {}), (Client(), bearer(account, own))):
        assert_refused(asking.by(by, headers), 404, "not_found")
        if names_a_thing:
            assert_refused(asking.by(by, headers, tenant=own), 404, "not_found")
    if not names_a_thing:
        response = asking.by(client, {}, tenant=own)
        content = content_of(response)
        assert response.status_code in (200, 202, 400, 404), content
        assert SECRET not in content
    assert what_holds(theirs) == before


@every_operation
def test_a_token_of_another_tenant_is_no_good_even_for_ones_own_account(
    asking_of_a_row: Asking,
) -> None:
    tenant, other = asking_of_a_row.record.tenant, a_tenant("Fabrikam")
    account = an_account(tenant, *Role)
    account.grants.create(tenant=other, role=Role.INSIGHTS_ADMIN)
    before = what_holds(tenant)
    assert_refused(asking_of_a_row.by(Client(), bearer(account, other)), 404, "not_found")
    assert what_holds(tenant) == before


@every_operation
@pytest.mark.parametrize("has_token", [False, True], ids=["session", "token"])
def test_each_role_that_may_does(asking: Asking, *, has_token: bool) -> None:
    tenant = asking.record.tenant
    roles = sorted(asking.operation.roles)
    for role in roles if asking.method == "get" else roles[:1]:
        if has_token:
            response = asking.by(Client(), bearer(an_account(tenant, role), tenant))
        else:
            response = asking.by(a_client(tenant, role), {})
        assert response.status_code == asking.operation.status, content_of(response)
        content_of(response)


@pytest.mark.parametrize("has_token", [False, True], ids=["session", "token"])
def test_who_asks_too_often_is_told_when_to_come_again(
    monkeypatch: pytest.MonkeyPatch, *, has_token: bool
) -> None:
    changed = settings().model_copy(update={"requests_per_minute": 2})
    monkeypatch.setattr(callers, "settings", lambda: changed)
    tenant = a_tenant()
    account = an_account(tenant, Role.INSIGHTS_ADMIN)
    client, headers = Client(), bearer(account, tenant) if has_token else {}
    if not has_token:
        client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    url = f"/api/v1/tenants/{tenant.id}/people"
    assert [client.get(url, headers=headers).status_code for _ in range(2)] == [200, 200]
    response = client.get(url, headers=headers)
    assert_refused(response, 429, "too_many_requests")
    assert 0 < int(response["Retry-After"]) <= 30
    assert a_client(tenant, Role.INSIGHTS_ADMIN).get(url).status_code == 200


def test_who_guesses_tokens_is_slowed_down_by_address(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = settings().model_copy(update={"requests_per_minute": 2})
    monkeypatch.setattr(callers, "settings", lambda: changed)
    url = f"/api/v1/tenants/{a_tenant().id}/people"
    statuses = [
        Client()
        .get(url, headers={"Authorization": f"Bearer {guess}"}, REMOTE_ADDR="192.0.2.77")
        .status_code
        for guess in ("a", "b", "c")
    ]
    assert statuses == [401, 401, 429]


def test_the_id_of_another_tenants_import_cannot_be_had_for_ones_own() -> None:
    theirs = World().import_for(OPERATIONS["get", f"{_I}/undo"])
    own = a_pushed_import(a_connection(a_tenant("Fabrikam")), a_zip(rows("Sales", "01/01/2025", 2)))
    client = a_client(own.tenant, Role.INSIGHTS_ADMIN)
    url = f"/api/v1/tenants/{own.tenant_id}/imports/{own.id}/undo?importId={theirs.id}"
    assert_refused(client.post(url), 400, "bad_input")
    assert now() > ImportRecord.objects.get(id=theirs.id).received_at
    assert ImportRecord.objects.of(own.tenant).count() == 1
