"""The page that a refusal of the token endpoint leads to."""

from __future__ import annotations

import ast
import html
from pathlib import Path

import pytest
from django.test import Client

import orgport
from orgport.identity.refusal_numbers import MEANINGS

SOURCE = Path(orgport.__file__).parent


def numbers_in_use() -> set[int]:
    calls = (
        node
        for folder in ("identity", "server/api")
        for path in (SOURCE / folder).glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "AssertionRefused"
    )
    return {
        argument.value
        for call in calls
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, int)
    }


def test_every_number_has_its_meaning_and_no_other_has() -> None:
    assert set(MEANINGS) == numbers_in_use()


@pytest.mark.parametrize("number", sorted(MEANINGS))
def test_the_page_says_what_was_refused_and_what_mends_it(number: int) -> None:
    response = Client().get(f"/error?code={number}")
    assert response.status_code == 200
    page = html.unescape(response.content.decode())
    assert f"AADSTS{number}" in page
    assert MEANINGS[number].what in page


@pytest.mark.parametrize("code", ["", "1", "x", "9" * 5000, "\u0663", "700027<b>"])
def test_another_number_is_no_refusal_of_ours(code: str) -> None:
    response = Client().get("/error", {"code": code})
    assert response.status_code == 404
    assert "There is no such refusal" in response.content.decode()
