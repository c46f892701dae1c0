"""App registrations: register, certificates, API permissions, the texts to share."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from orgport.identity.certificates import new_certificate
from orgport.server.portal.expiry import expiry_of
from orgport.server.records.models import (
    AppCertificate,
    AppRegistration,
    AuditEntry,
    Role,
    Tenant,
)
from tenants import a_certificate, a_client, a_connection, a_tenant, an_app, now

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return a_tenant()


@pytest.fixture
def client(tenant: Tenant) -> Client:
    return a_client(tenant, Role.TENANT_ADMIN, email="admin@contoso.com")


def upload(client: Client, app: AppRegistration, content: bytes, description: str = "") -> str:
    file = SimpleUploadedFile("sender.cer", content)
    response = client.post(
        f"/app-registrations/{app.id}/certificates/new/",
        {"file": file, "description": description},
    )
    return f"{response.status_code} {response.content.decode()}"


def actions(tenant: Tenant) -> list[str]:
    return list(AuditEntry.objects.of(tenant).values_list("action", flat=True))


def test_an_empty_list_says_what_to_do_first(client: Client) -> None:
    page = client.get("/app-registrations/").content.decode()
    assert "No apps yet" in page
    assert 'href="/app-registrations/new/"' in page


def test_registering_gives_an_id_and_the_permission_every_new_app_has(
    client: Client, tenant: Tenant
) -> None:
    response = client.post("/app-registrations/new/", {"name": "HRIS push"})
    app = AppRegistration.objects.of(tenant).get()
    assert response["Location"] == f"/app-registrations/{app.id}/"
    assert [permission.name for permission in app.permissions.all()] == ["User.Read"]
    page = client.get(response["Location"]).content.decode()
    assert str(app.id) in page
    assert str(tenant.id) in page
    entry = AuditEntry.objects.get(action="app.registered")
    assert (entry.actor, entry.address, entry.subject) == (
        "admin@contoso.com",
        "127.0.0.1",
        str(app.id),
    )


def test_an_app_needs_a_name(client: Client, tenant: Tenant) -> None:
    response = client.post("/app-registrations/new/", {"name": "  "})
    assert response.status_code == 400
    page = response.content.decode()
    assert "Give the app a name" in page
    assert 'aria-invalid="true"' in page
    assert 'href="#id_name"' in page
    assert not AppRegistration.objects.of(tenant).exists()


def test_an_app_can_be_called_something_else(client: Client, tenant: Tenant) -> None:
    app = an_app(tenant)
    client.post(f"/app-registrations/{app.id}/rename/", {"name": "Payroll push"})
    app.refresh_from_db()
    assert app.name == "Payroll push"


def test_a_certificate_without_a_description_is_described_by_its_subject(
    client: Client, tenant: Tenant
) -> None:
    app = an_app(tenant, certified=False)
    assert upload(client, app, a_certificate("contoso-hris")).startswith("302")
    certificate = app.certificates.get()
    assert certificate.description == certificate.subject == "CN=contoso-hris"
    page = client.get(f"/app-registrations/{app.id}/").content.decode()
    assert certificate.thumbprint_sha1 in page
    assert "89 days" in page or "90 days" in page
    assert "Can sign in" in page
    assert "app.certificate_added" in actions(tenant)


def test_a_certificate_is_taken_as_der_too(client: Client, tenant: Tenant) -> None:
    app = an_app(tenant, certified=False)
    der = new_certificate("HR", days=90, now=now()).certificate_der
    assert upload(client, app, der, "HR export server").startswith("302")
    assert app.certificates.get().description == "HR export server"


def test_a_private_key_is_refused_and_nothing_of_it_is_kept(client: Client, tenant: Tenant) -> None:
    app = an_app(tenant, certified=False)
    made = new_certificate("HR", days=90, now=now())
    answer = upload(client, app, made.certificate_pem + made.private_key_pem)
    assert answer.startswith("400")
    assert "private key" in answer
    assert not AppCertificate.objects.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "The file is empty"), (b"x" * 70_000, "smaller than 64 KB"), (b"hello", "certificate")],
)
def test_what_is_no_certificate_is_told_at_its_field(
    client: Client, tenant: Tenant, content: bytes, words: str
) -> None:
    answer = upload(client, an_app(tenant, certified=False), content)
    assert answer.startswith("400")
    assert words in answer
    assert 'id="id_file-error"' in answer


def test_the_same_certificate_is_not_added_twice(client: Client, tenant: Tenant) -> None:
    app = an_app(tenant, certified=False)
    content = a_certificate()
    upload(client, app, content)
    assert "has this certificate already" in upload(client, app, content)
    assert app.certificates.count() == 1


@pytest.mark.parametrize(
    ("days_from_now", "said"), [(-100, "but it has expired"), (5, "It is not valid yet")]
)
def test_a_certificate_that_does_not_hold_now_is_not_said_to_sign_in(
    client: Client, tenant: Tenant, days_from_now: int, said: str
) -> None:
    app = an_app(tenant, certified=False)
    upload(client, app, a_certificate(starts_at=now() + timedelta(days=days_from_now)))
    page = client.get(f"/app-registrations/{app.id}/").content.decode()
    assert said in page
    assert "can sign in." not in page


def test_removing_the_last_certificate_says_what_stops(client: Client, tenant: Tenant) -> None:
    connection = a_connection(tenant)
    app = connection.app
    assert app is not None
    url = f"/app-registrations/{app.id}/certificates/{app.certificates.get().id}/remove/"
    page = client.get(url).content.decode()
    assert "It is the last valid certificate" in page
    assert f"pushes to {connection.name} are refused" in page
    client.post(url)
    assert not app.certificates.exists()
    assert "app.certificate_removed" in actions(tenant)


def test_the_details_of_a_certificate_hold_both_thumbprints(client: Client, tenant: Tenant) -> None:
    app = an_app(tenant)
    certificate = app.certificates.get()
    page = client.get(f"/app-registrations/{app.id}/certificates/{certificate.id}/")
    assert certificate.thumbprint_sha256 in page.content.decode()
    assert certificate.thumbprint_sha1 in page.content.decode()


def test_a_permission_goes_after_a_confirmation(client: Client, tenant: Tenant) -> None:
    app = an_app(tenant)
    url = f"/app-registrations/{app.id}/permissions/{app.permissions.get().id}/remove/"
    assert "A push never needs it" in client.get(url).content.decode()
    assert app.permissions.count() == 1
    client.post(url)
    assert app.permissions.count() == 0
    assert "app.permission_removed" in actions(tenant)


def test_all_permissions_go_at_once(client: Client, tenant: Tenant) -> None:
    app = an_app(tenant)
    app.permissions.create(name="Mail.Read")
    url = f"/app-registrations/{app.id}/permissions/remove/"
    assert "Remove 2 permissions" in client.get(url).content.decode()
    client.post(url)
    assert app.permissions.count() == 0
    assert actions(tenant).count("app.permission_removed") == 2
    page = client.get(f"/app-registrations/{app.id}/").content.decode()
    assert "No permission is left" in page


def test_an_app_in_use_cannot_be_removed(client: Client, tenant: Tenant) -> None:
    connection = a_connection(tenant)
    assert connection.app is not None
    url = f"/app-registrations/{connection.app.id}/remove/"
    assert "Give that connection another app first" in client.get(url).content.decode()
    assert client.post(url).status_code == 409
    assert AppRegistration.objects.filter(id=connection.app.id).exists()


def test_an_unused_app_is_removed_with_its_certificates(client: Client, tenant: Tenant) -> None:
    app = an_app(tenant)
    client.post(f"/app-registrations/{app.id}/remove/")
    assert not AppRegistration.objects.exists()
    assert not AppCertificate.objects.exists()


def test_the_texts_to_share_hold_the_ids_and_no_secret(client: Client, tenant: Tenant) -> None:
    app = an_app(tenant)
    page = client.get(f"/app-registrations/{app.id}/").content.decode()
    for_source = page.split('id="source-text">')[1].split("</pre>")[0]
    for_insights = page.split('id="insights-text">')[1].split("</pre>")[0]
    assert str(app.id) in for_insights
    assert str(app.id) in for_source
    assert str(tenant.id) in for_source
    assert "HR export server, valid until" in for_source
    assert "PRIVATE" not in page


def test_over_htmx_a_dialog_comes_without_the_page_around_it(
    client: Client, tenant: Tenant
) -> None:
    app = an_app(tenant)
    url = f"/app-registrations/{app.id}/rename/"
    fragment = client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert '<h2 id="dialog-title"' in fragment


@pytest.mark.parametrize(
    ("age", "days", "words", "family"),
    [
        (10, 90, "80 days", "ok"),
        (80, 90, "10 days, renew now", "wait"),
        (100, 90, "Expired 10 days ago", "bad"),
        (-5, 90, "Valid in 5 days", "wait"),
    ],
)
def test_the_time_left_of_a_certificate_is_told_in_words(
    tenant: Tenant, age: int, days: int, words: str, family: str
) -> None:
    at = now()
    starts_at = at - timedelta(days=age)
    expires_at = starts_at + timedelta(days=days)
    expiry = expiry_of(AppCertificate(starts_at=starts_at, expires_at=expires_at), at=at)
    assert (expiry.words, expiry.family) == (words, family)
