"""Signing in and out, throttling, and the theme."""

from __future__ import annotations

import pytest
from django.test import Client

from orgport.server.records.models import Account, Role
from tenants import PASSWORD, a_client, a_tenant, an_account

pytestmark = pytest.mark.django_db


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: str) -> int:
    fields = {"username": email, "password": password, **more}
    return client.post("/sign-in/", fields).status_code


def test_address_and_password_open_the_portal_in_whatever_case_the_address_is() -> None:
    an_account(a_tenant(), Role.INSIGHTS_ADMIN, email="a@contoso.com")
    client = Client()
    assert sign_in(client, "A@Contoso.com") == 302
    assert client.get("/").status_code == 200


def test_a_wrong_password_is_told_without_saying_which_of_both_is_wrong() -> None:
    an_account(a_tenant(), Role.INSIGHTS_ADMIN, email="a@contoso.com")
    response = Client().post("/sign-in/", {"username": "a@contoso.com", "password": "x"})
    assert response.status_code == 400
    assert "The e-mail address or the password is wrong" in response.content.decode()
    assert response.content.count(b'value="x"') == 0


def test_ten_wrong_passwords_close_the_door_for_a_while_even_to_the_right_one() -> None:
    an_account(a_tenant(), Role.INSIGHTS_ADMIN, email="a@contoso.com")
    client = Client()
    tries = [sign_in(client, "A@contoso.com", "wrong") for _ in range(10)]
    assert tries[:9] == [400] * 9
    response = client.post("/sign-in/", {"username": "a@contoso.com", "password": PASSWORD})
    assert response.status_code == 429
    assert "Wait 15 minutes" in response.content.decode()


def test_after_signing_in_the_page_that_was_asked_for_opens() -> None:
    an_account(a_tenant(), Role.TENANT_ADMIN, email="a@contoso.com")
    fields = {"username": "a@contoso.com", "password": PASSWORD, "next": "/app-registrations/"}
    response = Client().post("/sign-in/", fields)
    assert response["Location"] == "/app-registrations/"


def test_nobody_is_sent_to_a_foreign_site_after_signing_in() -> None:
    an_account(a_tenant(), Role.TENANT_ADMIN, email="a@contoso.com")
    fields = {"username": "a@contoso.com", "password": PASSWORD, "next": "https://evil.example/"}
    assert Client().post("/sign-in/", fields)["Location"] == "/"


def test_signing_out_ends_the_session_and_is_no_link() -> None:
    client = a_client(a_tenant(), Role.INSIGHTS_ADMIN)
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/")["Location"] == "/sign-in/"
    assert client.get("/").status_code == 302


def test_the_theme_is_kept_in_a_cookie_and_rendered_by_the_server() -> None:
    client = a_client(a_tenant(), Role.INSIGHTS_ADMIN)
    assert 'data-theme="system"' in client.get("/").content.decode()
    response = client.post("/theme/", {"theme": "dark", "next": "/notices/"})
    assert response["Location"] == "/notices/"
    assert 'data-theme="dark"' in client.get("/").content.decode()


def test_an_unknown_theme_or_a_foreign_way_back_is_refused() -> None:
    client = Client()
    assert client.post("/theme/", {"theme": "neon"}).status_code == 400
    response = client.post("/theme/", {"theme": "dark", "next": "//evil.example/"})
    assert response["Location"] == "/"


def test_a_form_without_its_token_is_refused_with_a_page() -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/sign-in/", {"username": "a@contoso.com", "password": "x"})
    assert response.status_code == 403
    assert "This form is out of date" in response.content.decode()


def test_an_account_without_a_role_can_sign_out_where_it_is_refused() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(Account.objects.create_user("new@contoso.com", PASSWORD))
    page = client.get("/")
    assert page.status_code == 403
    form = page.content.decode().partition('action="/sign-out/"')[2]
    token = form.partition('value="')[2].partition('"')[0]
    assert client.post("/sign-out/", {"csrfmiddlewaretoken": token})["Location"] == "/sign-in/"
