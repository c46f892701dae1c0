"""Who is measured: set by a csv, read back, cleared; each with its entry in the audit trail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db import transaction

from orgport.errors import BadInput, NotFound
from orgport.history.columns import KEY, PERSON_ID
from orgport.imports.addresses import as_known, read_addresses
from orgport.server.records.models import MeasuredList, Tenant
from orgport.server.wiring.places import history_of, scratch_folder
from orgport.server.wiring.registrations import Actor
from orgport.server.wiring.sheets import sheet

MOST_BYTES = 32 << 20  # a million addresses
_NO_LIST = "There is no list: everybody with data is measured."


def measured_of(tenant: Tenant) -> MeasuredList | None:
    """The tenant's list; None where everybody with data is measured."""
    return MeasuredList.objects.of(tenant).first()


def set_measured(tenant: Tenant, chunks: Iterable[bytes], *, by: Actor) -> MeasuredList:
    """Measure the persons of a csv with the one column PersonId instead of others; raises BadInput."""
    with scratch_folder() as scratch:
        path = scratch / "measured.csv"
        size = 0
        with path.open("wb") as file:
            for chunk in chunks:
                size += file.write(chunk)
                if size > MOST_BYTES:
                    raise BadInput(f"The file is larger than {MOST_BYTES >> 20} MiB.")
        addresses = as_known(read_addresses(path), set(history_of(tenant.id).stored().persons[KEY]))
    with transaction.atomic():
        made, _ = MeasuredList.objects.update_or_create(
            tenant=tenant, defaults={"addresses": addresses, "set_by": by.name, "set_at": by.at}
        )
        by.note(tenant, "measured.set", tenant.id, {"persons": len(addresses)})
    return made


def clear_measured(tenant: Tenant, *, by: Actor) -> None:
    """Measure everybody with data again; raises NotFound where that is so."""
    with transaction.atomic():
        cleared, _ = MeasuredList.objects.of(tenant).delete()
        if not cleared:
            raise NotFound(_NO_LIST)
        by.note(tenant, "measured.cleared", tenant.id)


def measured_csv(tenant: Tenant) -> Iterator[str]:
    """The list as csv text; raises NotFound where there is none."""
    found = measured_of(tenant)
    if found is None:
        raise NotFound(_NO_LIST)
    return sheet((PERSON_ID,), ((address,) for address in found.addresses), has_bom=False)
