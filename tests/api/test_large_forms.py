"""Forms with files: whoever may not send one has at most a small form read."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse

from orgport.server.api import bodies
from orgport.server.records.models import Role
from orgport.server.settings import settings
from orgport.server.wiring.personal_tokens import make_token
from tenants import a_client, a_tenant, an_account, by_admin

pytestmark = pytest.mark.django_db

CSV_UPLOAD = reverse("csv-prepare")


def test_a_stranger_cannot_fill_the_disk_with_a_form() -> None:
    large = SimpleUploadedFile("large.bin", b"x" * 3_000_000)
    client = Client(enforce_csrf_checks=True)
    response = client.post("/sign-in/", {"username": "a@contoso.com", "file": large})
    assert response.status_code == 413
    assert "sign in before you send a file" in response.content.decode()


@pytest.mark.parametrize(
    ("role", "page", "status"),
    [
        (Role.INSIGHTS_ADMIN, CSV_UPLOAD, 403),  # read, for its token
        (Role.TENANT_ADMIN, CSV_UPLOAD, 413),
        (Role.INSIGHTS_ADMIN, "/theme/", 413),
    ],
)
def test_large_forms_are_read_only_where_that_role_sends_a_file(
    role: Role, page: str, status: int
) -> None:
    client = a_client(a_tenant(), role)
    client.handler.enforce_csrf_checks = True
    large = SimpleUploadedFile("large.csv", b"x" * 3_000_000)
    assert client.post(page, {"file": large}).status_code == status


def test_a_large_form_is_refused_whatever_its_digest_says() -> None:
    client = a_client(a_tenant(), Role.INSIGHTS_ADMIN)
    large = SimpleUploadedFile("large.csv", b"x" * 3_000_000)
    answer = client.post("/theme/", {"file": large}, headers={"content-digest": "nonsense"})
    assert answer.status_code == 413


def test_the_api_reads_no_form_of_a_stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(_request: HttpRequest) -> None:
        pytest.fail("the form was read")

    tenant = a_tenant()
    path = f"/api/v1/tenants/{tenant.id}/deletions/employees"
    with monkeypatch.context() as patch:
        patch.setattr(HttpRequest, "_load_post_and_files", read)
        refused = Client(enforce_csrf_checks=True).post(
            path, {"file": SimpleUploadedFile("a", b"a")}
        )
    assert refused.status_code == 401


def test_nobody_without_the_role_has_a_file_read_by_the_api(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def read(_request: HttpRequest) -> None:
        pytest.fail("the form was read")

    tenant = a_tenant()
    path = f"/api/v1/tenants/{tenant.id}/deletions/employees"
    approver = an_account(tenant, Role.APPROVER)
    _, token = make_token(approver, tenant, name="report", days=30, by=by_admin())
    with monkeypatch.context() as patch:
        patch.setattr(HttpRequest, "_load_post_and_files", read)
        for client, headers in (
            (Client(), {"authorization": f"Bearer {token}"}),
            (a_client(tenant, Role.APPROVER, email="other@contoso.com"), {}),
        ):
            sent = {"file": SimpleUploadedFile("a", b"a")}
            assert client.post(path, sent, headers=headers).status_code == 403


def test_a_form_in_place_of_json_is_refused_and_not_a_fault() -> None:
    tenant = a_tenant()
    client = a_client(tenant, Role.INSIGHTS_ADMIN)
    for path in ("extracts", "deletions/fields", "deletions/fields/preview"):
        answer = client.post(f"/api/v1/tenants/{tenant.id}/{path}", {"name": "x"})
        assert answer.status_code == 400
        assert "cannot be read as JSON" in answer.json()["detail"]


def test_the_api_refuses_a_form_larger_than_any_package(monkeypatch: pytest.MonkeyPatch) -> None:
    smaller = settings().model_copy(update={"max_body_bytes": 1000})
    monkeypatch.setattr(bodies, "settings", lambda: smaller)
    tenant = a_tenant()
    client = a_client(tenant, Role.INSIGHTS_ADMIN)
    large = SimpleUploadedFile("large.csv", b"x" * 3_000_000)
    answer = client.post(f"/api/v1/tenants/{tenant.id}/deletions/employees", {"file": large})
    assert answer.status_code == 413
    assert answer.json()["detail"] == "The body has more than 2,622,440 bytes. Send less at a time."


def test_a_list_of_measured_persons_may_be_larger_than_what_is_read_as_json() -> None:
    tenant = a_tenant()
    client = a_client(tenant, Role.INSIGHTS_ADMIN)
    persons = "".join(f"person{number}@contoso.com\n" for number in range(130_000))
    path = f"/api/v1/tenants/{tenant.id}/measured"
    answer = client.put(path, f"PersonId\n{persons}", content_type="text/csv")
    assert (answer.status_code, answer.json()["persons"]) == (200, 130_000)
    assert client.put(path, b"x" * 3_000_000, content_type="text/csv").status_code == 400
