"""Whether a text names one of some persons by address: alone in its cell, or within other words.

`jim.bob@contoso.com` does not name `bob@contoso.com`; `Mentor: <Bob@Contoso.com>` does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from orgport.attributes.formats import person_key

_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+")
_BREAKS = re.compile(r"(?<=[!#$%&'*/=?^`{|}~])")  # after these an address may begin anew
_AROUND = "'.,;/*=`{|}~!?"


class Mentions:
    """Some persons' addresses, to be looked for in texts."""

    def __init__(self, addresses: Iterable[str]) -> None:
        self.keys = frozenset(person_key(address) for address in addresses)

    def __len__(self) -> int:
        return len(self.keys)

    def are_in(self, text: str) -> bool:
        """Whether the text names any of them, in whatever case."""
        if "@" not in text:
            return False
        folded = person_key(text)
        return folded in self.keys or any(
            not self.keys.isdisjoint(_readings(token)) for token in _ADDRESS.findall(folded)
        )

    def are_in_json(self, document: object) -> bool:
        """Whether any text of a document of JSON values names one of them."""
        return self.are_in(json.dumps(document, ensure_ascii=False, default=str))


def _readings(token: str) -> Iterable[str]:
    """The addresses that a run of the characters of addresses may be meant as."""
    yield token
    bare = token.strip(_AROUND)
    yield bare
    local, _, domain = bare.partition("@")
    for at in _BREAKS.finditer(local):
        yield f"{local[at.end() :]}@{domain}"
