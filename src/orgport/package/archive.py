"""Opens a zip as hostile: nothing it says of itself is believed, and its names are never paths.

Zip as of PKWARE's APPNOTE: store and deflate, zip64 allowed; encryption and other methods refused.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
from dataclasses import dataclass
from functools import partial
from io import BufferedIOBase
from pathlib import Path

from orgport.finding import Finding, Level, Pointer
from orgport.package import limits
from orgport.package.faults import advice, listed, package_error
from orgport.package.inflate import MemberStream
from orgport.package.model import PackageBroken
from orgport.package.workbooks import (
    SAVE_AS_CSV,
    begins_as_workbook,
    holds_workbook,
    is_named_as_workbook,
)

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED_FLAGS = 0x1 | 0x40 | 0x2000
_IGNORED = {".ds_store", "thumbs.db", "desktop.ini"}
_DRIVE = re.compile(r"[A-Za-z]:")
_END_RECORD = b"PK\x05\x06"
_END_RECORD_BYTES = 22
_LOCATOR = struct.Struct("<4sLQL")  # stands before the end record and says where the zip64 one is
_ZIP64_RECORD = struct.Struct("<4sQ2H2L4Q")
_LONGEST_COMMENT = 65_535
_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_WHOLE_FILE_HINT = "Make the zip again and send it again."


@dataclass(frozen=True, slots=True)
class Archive:
    """The two members of a sound package archive."""

    path: Path
    data: zipfile.ZipInfo
    metadata: zipfile.ZipInfo

    def open_data(self) -> BufferedIOBase:
        """The unpacked csv from its first byte; reading raises PackageBroken."""
        return _open(self.path, self.data, limits.DATA_BYTES)

    def read_metadata(self) -> bytes:
        """The unpacked json; raises PackageBroken, also over its limit."""
        if self.metadata.file_size > limits.METADATA_BYTES:
            raise PackageBroken(
                "PKG_TOO_LARGE",
                f"{_base_name(self.metadata)} has {self.metadata.file_size:,} bytes; "
                f"at most {limits.METADATA_BYTES:,} are allowed.",
            )
        with _open(self.path, self.metadata, limits.METADATA_BYTES) as stream:
            return stream.read()


def open_archive(path: Path) -> tuple[Archive | None, tuple[Finding, ...]]:
    """The archive, or None and why not; advice may stand beside an archive."""
    fault = check_archive(path)
    if fault is not None:
        return None, (fault,)
    with zipfile.ZipFile(path) as archive:
        entries = [entry for entry in archive.infolist() if not _is_ignored(entry)]
    findings = _judge_members(entries)
    if findings:
        return None, findings
    data = next(entry for entry in entries if _suffix(entry) == ".csv")
    metadata = next(entry for entry in entries if _suffix(entry) == ".json")
    return Archive(path, data, metadata), _advise_on_names(data, metadata)


def check_archive(path: Path) -> Finding | None:
    """What can be said of a zip without unpacking it: directory, size, encryption, names."""
    fault = _check_directory(path)
    if fault is not None:
        return fault
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, struct.error, ValueError, OverflowError, UnicodeDecodeError):
        return _corrupt("its directory is damaged")
    except NotImplementedError:
        return _unsupported("it needs a newer version of the zip format")
    checks = (_check_names, _check_methods, _check_sizes)
    return next((found for check in checks if (found := check(entries)) is not None), None)


def _check_directory(path: Path) -> Finding | None:
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        file.seek(max(0, size - _END_RECORD_BYTES - _LONGEST_COMMENT))
        tail = file.read()
    at = tail.rfind(_END_RECORD)
    if at < 0 or len(tail) - at < _END_RECORD_BYTES:
        if start.startswith(b"PK"):
            return _corrupt("it is cut off before its directory")
        if begins_as_workbook(start):
            return package_error("PKG_NOT_ZIP", "The file is an Excel workbook.", hint=SAVE_AS_CSV)
        return package_error(
            "PKG_NOT_ZIP",
            "The file is not a zip.",
            hint="Send a zip of data.csv and metadata.json, or a csv as text/csv.",
        )
    disk, directory_disk, _, count, directory_bytes = struct.unpack_from("<4HI", tail, at + 4)
    if disk not in (0, 0xFFFF) or directory_disk not in (0, 0xFFFF):
        return _unsupported("it is split over several files")
    # zipfile believes a zip64 record whatever the end record says, and reads the directory at once.
    directories = _zip64_directories(path, end=size - len(tail) + at) or ((count, directory_bytes),)
    if any(
        entries > limits.ENTRIES or size_bytes > limits.DIRECTORY_BYTES
        for entries, size_bytes in directories
    ):
        return _too_many_entries()
    return None


def _zip64_directories(path: Path, *, end: int) -> tuple[tuple[int, int], ...]:
    """The entries and bytes that zip64 records announce: the one before the locator, the one it names."""
    if end < _LOCATOR.size + _ZIP64_RECORD.size:
        return ()
    found = []
    with path.open("rb") as file:
        file.seek(end - _LOCATOR.size)
        signature, _, named_at, _ = _LOCATOR.unpack(file.read(_LOCATOR.size))
        if signature != b"PK\x06\x07":
            return ()
        for at in {end - _LOCATOR.size - _ZIP64_RECORD.size, min(named_at, end)}:
            file.seek(at)
            record = file.read(_ZIP64_RECORD.size)
            if record.startswith(b"PK\x06\x06") and len(record) == _ZIP64_RECORD.size:
                *_, entries, size_bytes, _ = _ZIP64_RECORD.unpack(record)
                found.append((entries, size_bytes))
    return tuple(found)


def _check_names(entries: list[zipfile.ZipInfo]) -> Finding | None:
    if len(entries) > limits.ENTRIES:
        return _too_many_entries()
    for entry in entries:
        segments = re.split(r"[/\\]", entry.orig_filename)
        is_link = stat.S_ISLNK(entry.external_attr >> 16)
        if (
            "\0" in entry.orig_filename
            or segments[0] == ""
            or ".." in segments
            or _DRIVE.match(segments[0])
            or is_link
        ):
            what = "is a link" if is_link else "is not a plain name"
            return package_error(
                "PKG_UNSAFE_NAME",
                f"An entry of the package {what}: {entry.orig_filename[:100]!r}.",
                hint="Zip the two files themselves, without their path.",
            )
    return None


def _check_methods(entries: list[zipfile.ZipInfo]) -> Finding | None:
    for entry in entries:
        if entry.flag_bits & _ENCRYPTED_FLAGS:
            return _unsupported(f"{_base_name(entry)} is encrypted")
        if entry.compress_type not in _METHODS:
            return _unsupported(f"{_base_name(entry)} is compressed by another method than deflate")
    return None


def _check_sizes(entries: list[zipfile.ZipInfo]) -> Finding | None:
    if sum(entry.file_size for entry in entries) > limits.UNPACKED_BYTES:
        return package_error(
            "PKG_BOMB",
            f"The package unpacks to more than {limits.UNPACKED_BYTES:,} bytes.",
            hint="Send at most 1 GiB of csv at a time.",
        )
    return None


def _judge_members(entries: list[zipfile.ZipInfo]) -> tuple[Finding, ...]:
    csv = [entry for entry in entries if _suffix(entry) == ".csv"]
    json = [entry for entry in entries if _suffix(entry) == ".json"]
    others = [entry for entry in entries if entry not in csv and entry not in json]
    if holds_workbook(entry.filename for entry in others):
        return (
            package_error(
                "PKG_FILES",
                "The package is an Excel workbook. It must be a zip of exactly one csv and one json.",
                hint=SAVE_AS_CSV,
            ),
        )
    named = f", and also {listed(_base_name(entry) for entry in others)}" if others else ""
    if len(csv) != 1 or len(json) != 1 or others:
        return (
            package_error(
                "PKG_FILES",
                f"The package holds {len(csv)} csv and {len(json)} json files{named}. "
                "It must hold exactly one of each.",
                hint="Zip data.csv and metadata.json, and nothing else."
                + _workbook_hint([_base_name(entry) for entry in others]),
            ),
        )
    folders = {entry.filename.rpartition("/")[0] for entry in (csv[0], json[0])}
    if len(folders) > 1 or any("/" in folder for folder in folders):
        return (
            package_error(
                "PKG_FILES",
                "The csv and the json lie in different folders of the package, or too deep.",
                hint="Put both at the top of the zip, or both in one folder.",
            ),
        )
    return ()


def _workbook_hint(names: list[str]) -> str:
    books = [name for name in names if is_named_as_workbook(name)]
    return (
        f" {listed(books)} stays out of the zip: its sheet is saved as CSV UTF-8, and that is data.csv."
        if books
        else ""
    )


def _advise_on_names(data: zipfile.ZipInfo, metadata: zipfile.ZipInfo) -> tuple[Finding, ...]:
    names = (_base_name(data), _base_name(metadata))
    if tuple(name.lower() for name in names) == ("data.csv", "metadata.json"):
        return ()
    return (
        advice(
            "ADV_PKG_NAMES",
            Level.PACKAGE,
            f"The files in the package are named {names[0]} and {names[1]}.",
            hint="The documented names are data.csv and metadata.json.",
            pointer=Pointer(file=names[0]),
        ),
    )


def _open(path: Path, entry: zipfile.ZipInfo, limit_bytes: int) -> BufferedIOBase:
    name = _base_name(entry)
    with path.open("rb") as file:
        file.seek(entry.header_offset)
        header = file.read(_LOCAL_HEADER.size)
        if len(header) < _LOCAL_HEADER.size or header[:4] != b"PK\x03\x04":
            raise PackageBroken("PKG_CORRUPT", f"{name} is not where the zip's directory says.")
        *_, name_bytes, extra_bytes = _LOCAL_HEADER.unpack(header)
    return MemberStream(
        path,
        name=name,
        data_offset=entry.header_offset + _LOCAL_HEADER.size + name_bytes + extra_bytes,
        packed_bytes=entry.compress_size,
        unpacked_bytes=entry.file_size,
        crc=entry.CRC,
        method=entry.compress_type,
        limit_bytes=limit_bytes,
    )


def _is_ignored(entry: zipfile.ZipInfo) -> bool:
    segments = entry.filename.split("/")
    return entry.is_dir() or segments[0] == "__MACOSX" or segments[-1].lower() in _IGNORED


def _base_name(entry: zipfile.ZipInfo) -> str:
    return re.split(r"[/\\]", entry.filename)[-1][:100] or entry.filename[:100]


def _suffix(entry: zipfile.ZipInfo) -> str:
    return Path(_base_name(entry)).suffix.lower()


_too_many_entries = partial(
    package_error,
    "PKG_TOO_LARGE",
    f"The package has more than {limits.ENTRIES} entries.",
    hint="Zip data.csv and metadata.json, and nothing else.",
)


def _corrupt(what: str) -> Finding:
    return package_error("PKG_CORRUPT", f"The zip cannot be read: {what}.", hint=_WHOLE_FILE_HINT)


def _unsupported(what: str) -> Finding:
    return package_error(
        "PKG_ENCRYPTED",
        f"The zip cannot be unpacked: {what}.",
        hint="Make a plain zip, without a password, with the usual compression.",
    )
