"""Writes packages: a zip of data.csv and metadata.json, whole or not at all."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from shutil import copyfileobj

from orgport.package.model import Header, Mapping, Refresh

_COPY_BYTES = 1024 * 1024
_EPOCH = (
    1980,
    1,
    1,
    0,
    0,
    0,
)  # the same files give the same bytes, so a repeated push is recognised


def metadata_json(mapping: Mapping) -> str:
    """The text of metadata.json for a mapping, in the documented tokens."""
    document = {
        "DatasetType": "HR",
        "IsBootstrap": "true" if mapping.refresh is Refresh.FULL else "false",
        "Mapping": {
            column.source: {"name": column.field, "type": column.type.value}
            for column in mapping.columns
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def write_package(
    csv: Path, mapping: Mapping, out: Path, *, instead_of: Header | None = None
) -> None:
    """Zip the csv with its mapping into `out`, which is replaced only when all is written.

    With `instead_of`, the header of the csv, the names of the mapping take its place; every record
    stays in its line.
    """
    part = out.with_name(out.name + ".part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            with (
                csv.open("rb") as source,
                archive.open(data_entry("data.csv"), "w", force_zip64=True) as data,
            ):
                if instead_of is not None:
                    source.seek(instead_of.data_offset)
                    names = ",".join(column.source for column in mapping.columns)
                    data.write(b"\n" * (instead_of.data_line - 2) + names.encode() + b"\n")
                copyfileobj(source, data, _COPY_BYTES)
            archive.writestr(data_entry("metadata.json"), metadata_json(mapping))
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def data_entry(name: str) -> zipfile.ZipInfo:
    """An entry of a package: without a time, so that the same content gives the same bytes."""
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry
