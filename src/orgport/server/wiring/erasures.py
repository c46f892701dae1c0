"""A privacy erase: what it would reach, and how it begins once somebody has typed what it does.

It is an import of its own in the history, but none that an undo has back. Nothing here keeps an address:
who goes is written in one file in the folder of the import, which the erase removes at its end.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from orgport.attributes.formats import is_email, person_key
from orgport.errors import BadInput
from orgport.history.acts import Act
from orgport.history.columns import KEY
from orgport.history.erasing import Reach
from orgport.history.spelling import named_as_unknown
from orgport.imports.erasing import keep_addresses
from orgport.server.records.models import ImportRecord, Tenant
from orgport.server.wiring.places import artifacts_of, history_of
from orgport.server.wiring.registrations import Actor
from orgport.server.wiring.reversals import already, start

MOST_PERSONS = 1000


@dataclass(frozen=True, slots=True)
class Erasure:
    """An erase that was asked for: whom it means, and how much there is of them."""

    addresses: tuple[str, ...]
    reach: Reach
    unknown: tuple[str, ...] = ()  # those of the addresses that nobody in the history has or had

    @property
    def known(self) -> tuple[str, ...]:
        """Those of the addresses that somebody has or had."""
        return tuple(one for one in self.addresses if one not in self.unknown)

    @property
    def confirmation(self) -> str:
        """What has to be typed before it begins."""
        return confirmation_of(self.addresses)


def addresses_of(texts: Iterable[str]) -> tuple[str, ...]:
    """The addresses of some lines, each once; raises BadInput for none, too many, or what is none."""
    lines = [line.strip() for text in texts for line in text.replace(",", "\n").splitlines()]
    found = {person_key(line): line for line in lines if line}
    if not found:
        raise BadInput("Name at least one address to erase.")
    if len(found) > MOST_PERSONS:
        raise BadInput(f"{len(found):,} addresses were given; {MOST_PERSONS:,} at most are erased.")
    wrong = sum(not is_email(line) for line in found.values())
    if wrong:
        raise BadInput(
            f"{wrong:,} of {len(found):,} lines are no address such as name@contoso.com. "
            "Write one address a line."
        )
    return tuple(found.values())


def confirmation_of(addresses: tuple[str, ...]) -> str:
    """What has to be typed before these persons are erased."""
    return f"erase {_counted(len(addresses), 'person')}"


def preview(tenant: Tenant, addresses: tuple[str, ...]) -> Erasure:
    """What an erase would reach; nothing is written."""
    known = set(_persons(tenant)[KEY])
    unknown = tuple(one for one in addresses if person_key(one) not in known)
    return Erasure(addresses, history_of(tenant.id).reach_of(addresses), unknown)


def unknown_named(tenant: Tenant, erasure: Erasure) -> str:
    """The first of the addresses that nobody has or had, each with who may be meant."""
    return named_as_unknown(_persons(tenant), erasure.unknown)


def erase(
    tenant: Tenant,
    addresses: tuple[str, ...],
    *,
    confirmation: str,
    by: Actor,
    import_id: uuid.UUID,
) -> ImportRecord:
    """Begin an erase; the same id twice is one import.

    Raises BadInput unless the confirmation was typed, ImportRunning while another import runs.
    """
    first = already(tenant, import_id, Act.ERASE)
    if first is not None:
        return first
    wanted = confirmation_of(addresses)
    if " ".join(confirmation.split()).casefold() != wanted:
        raise BadInput(f"Type “{wanted}” to confirm: it cannot be undone.")
    count = len(addresses)
    record = ImportRecord(
        id=import_id,
        tenant=tenant,
        act=Act.ERASE.value,
        name=f"Erase of {_counted(count, 'person')}",
    )
    artifacts = artifacts_of(record)
    keep_addresses(artifacts, addresses)
    try:
        return start(record, by=by, detail={"persons": count})
    except BaseException:
        artifacts.drop()
        raise


def consequences(erasure: Erasure) -> list[str]:
    """What an erase would do, in the order in which people ask; names nobody."""
    reach, count = erasure.reach, len(erasure.addresses)
    unknown = len(erasure.unknown)
    slip = (
        f"Nobody in the history has {unknown:,} of them. If one is misspelled, nothing of the person who "
        "is meant goes, while all packages and logs do."
    )
    return [
        f"Of {_counted(count, 'address', 'addresses')}, {reach.persons:,} "
        f"{'is' if reach.persons == 1 else 'are'} or {'was' if reach.persons == 1 else 'were'} "
        f"in the history: {_counted(reach.periods, 'period')} and "
        f"{_counted(reach.rows, 'accepted row')} of all imports leave it for good.",
        *([slip] if unknown else []),
        f"In {_counted(reach.mentions, 'period')} of others a field names one of them, as a manager "
        "for example; it turns blank, now and in what was known before.",
        "Packages, error logs, correction files, change previews and lists of all imports that have "
        "ended are removed, and csv files that wait to be validated, "
        "for they do not say of every value whose it is. The imports stay in the "
        "history with their counts.",
        "Take them out of the system that sends, too: the next package that names them brings them back.",
        "The audit trail keeps that it happened: who asked, when, and how many. It cannot be undone.",
    ]


def figures(erasure: Erasure) -> dict[str, int]:
    """The same in numbers, as JSON values."""
    reach = erasure.reach
    return {
        "addresses": len(erasure.addresses),
        "persons": reach.persons,
        "periods": reach.periods,
        "rows": reach.rows,
        "mentions": reach.mentions,
    }


def _persons(tenant: Tenant) -> pl.DataFrame:
    return history_of(tenant.id).stored().persons


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"
