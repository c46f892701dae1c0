"""An assertion gives exactly one token, however many processes are shown it at once, on every database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from live import BEARER, RESOURCE, an_assertion, live_server
from postgres import postgres
from senders import Site

COPIES = 16


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def many(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A server of two web processes."""
    url = postgres().new_database() if request.param == "postgresql" else ""
    home = tmp_path_factory.mktemp("once") / "home"
    with live_server(home, database_url=url, settings={"ORGPORT_WEB_PROCESSES": "2"}) as live:
        sender = live.prepare()
        live.start_web()
        yield Site(live, sender)


def a_form(site: Site) -> dict[str, str]:
    audience = f"{site.live.url}{site.token_path}"
    return {
        "grant_type": "client_credentials",
        "scope": RESOURCE,
        "client_assertion_type": BEARER,
        "client_assertion": an_assertion(site.sender, audience=audience),
    }


def ask(site: Site, form: dict[str, str]) -> Any:
    with site.live.client() as client:
        return client.post(site.token_path, data=form)


def assert_used_up(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["error_codes"]) == (401, [50027])
    assert "access_token" not in answer.json()


def test_of_many_simultaneous_copies_exactly_one_gets_a_token(many: Site) -> None:
    form = a_form(many)
    with ThreadPoolExecutor(COPIES) as senders:
        answers = list(senders.map(lambda _: ask(many, form), range(COPIES)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 401: COPIES - 1}
    for answer in answers:
        if answer.status_code == 401:
            assert_used_up(answer)


def test_the_first_requests_together_make_one_signing_key_and_one_to_follow(many: Site) -> None:
    ask(many, a_form(many))
    assert many.live.query("SELECT count(*) FROM records_signingkey") == [(2,)]


def test_many_simultaneous_assertions_each_get_a_token(many: Site) -> None:
    forms = [a_form(many) for _ in range(COPIES)]
    with ThreadPoolExecutor(COPIES) as senders:
        answers = list(senders.map(lambda form: ask(many, form), forms))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["access_token"] for answer in answers}) == COPIES


def test_an_assertion_stays_used_up_when_the_server_was_restarted(many: Site) -> None:
    form = a_form(many)
    token = ask(many, form).json()["access_token"]
    many.live.stop()
    many.live.start_web()
    assert_used_up(ask(many, form))
    with many.live.client(headers={"Authorization": f"Bearer {token}"}) as client:
        assert client.get(many.connector).status_code == 200
