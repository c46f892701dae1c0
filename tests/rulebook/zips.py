"""Makes the zips of the rulebook's examples; the book itself only lists what they hold."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable

ROW = "lead@contoso.com,,Sales"
CSV = f"PersonId,ManagerId,Organization\n{ROW}\n"
META = json.dumps(
    {
        "DatasetType": "HR",
        "IsBootstrap": "true",
        "Mapping": {
            "PersonId": {"name": "PersonId", "type": "EmailType"},
            "ManagerId": {"name": "ManagerId", "type": "EmailType"},
            "Organization": {"name": "Organization", "type": "StringType"},
        },
    }
)
_LOCAL, _CENTRAL = b"PK\x03\x04", b"PK\x01\x02"


def _zip(*members: tuple[str, str], method: int = zipfile.ZIP_DEFLATED, comment: str = "") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in members:
            entry = zipfile.ZipInfo(name)  # of one fixed date
            entry.compress_type = method
            archive.writestr(entry, content)
        archive.comment = comment.encode()
    return made.getvalue()


def _of(csv: str = CSV, meta: str = META) -> bytes:
    return _zip(("data.csv", csv), ("metadata.json", meta))


def _litter(entries: int) -> bytes:
    litter = [(f"__MACOSX/{number}", "") for number in range(entries - 2)]
    return _zip(("data.csv", CSV), ("metadata.json", META), *litter)


def _encrypted() -> bytes:
    content = bytearray(_of())
    for signature, offset in ((_LOCAL, 6), (_CENTRAL, 8)):
        content[content.index(signature) + offset] |= 1
    return bytes(content)


def _promising_too_much() -> bytes:
    content = bytearray(_of())
    at = content.index(_CENTRAL) + 24
    content[at : at + 4] = (2**31).to_bytes(4, "little")
    return bytes(content)


# By code and the name of the example.
ZIPS: dict[tuple[str, str], Callable[[], bytes]] = {
    ("PKG_TOO_LARGE", "thirty three entries"): lambda: _litter(33),
    ("PKG_TOO_LARGE", "thirty two entries"): lambda: _litter(32),
    ("PKG_NOT_ZIP", "csv named zip"): CSV.encode,
    ("PKG_NOT_ZIP", "comment at its end"): lambda: _zip(
        ("data.csv", CSV), ("metadata.json", META), comment="made by an export"
    ),
    ("PKG_CORRUPT", "cut off in the middle"): lambda: _of()[:200],
    ("PKG_CORRUPT", "checksum is right"): _of,
    ("PKG_ENCRYPTED", "with a password"): _encrypted,
    ("PKG_ENCRYPTED", "stored and not deflated"): lambda: _zip(
        ("data.csv", CSV), ("metadata.json", META), method=zipfile.ZIP_STORED
    ),
    ("PKG_UNSAFE_NAME", "parent folder in a name"): lambda: _zip(
        ("../data.csv", CSV), ("metadata.json", META)
    ),
    ("PKG_UNSAFE_NAME", "name in upper case"): lambda: _zip(
        ("DATA.CSV", CSV), ("Metadata.JSON", META)
    ),
    ("PKG_BOMB", "promises two gigabytes"): _promising_too_much,
    ("PKG_BOMB", "shrinks a hundredfold"): lambda: _of(CSV + f"{ROW}\n" * 5000),
    ("PKG_FILES", "two csv files"): lambda: _zip(
        ("data.csv", CSV), ("older.csv", CSV), ("metadata.json", META)
    ),
    ("PKG_FILES", "litter of a file manager"): lambda: _zip(
        ("info/data.csv", CSV),
        ("info/metadata.json", META),
        ("info/.DS_Store", ""),
        ("__MACOSX/x", ""),
    ),
    ("PKG_CSV_EMPTY", "only blank lines"): lambda: _of("\n\n"),
    ("PKG_CSV_EMPTY", "blank line before the header"): lambda: _of("\n" + CSV),
    ("PKG_JSON_EMPTY", "only white space"): lambda: _of(meta=" "),
    ("PKG_JSON_EMPTY", "byte order mark"): lambda: _of(meta="\ufeff" + META),
    ("ADV_PKG_NAMES", "other names"): lambda: _zip(("people.csv", CSV), ("mapping.json", META)),
    ("ADV_PKG_NAMES", "the documented names"): _of,
}
