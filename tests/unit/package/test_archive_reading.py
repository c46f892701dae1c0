"""Archives are hostile: bombs, lies, doubled names and truncated files are findings, never crashes."""

from __future__ import annotations

import json
import os
import stat
import struct
import zipfile
from pathlib import Path

import pytest
from archives import CSV, a_zip, metadata

from orgport.package import archive, limits
from orgport.package.model import PackageBroken, PackageForm
from orgport.package.read import Reading, ReadOptions, quick_check, read_package

META = json.dumps(metadata())


def read(path: Path) -> Reading:
    return read_package(path, form=PackageForm.ZIP, options=ReadOptions(), scratch=path.parent)


def codes(path: Path) -> list[str]:
    return [finding.code for finding in read(path).findings]


def test_a_sound_zip_gives_the_bytes_of_its_csv(tmp_path):
    package = read(a_zip(tmp_path)).package
    assert package is not None
    assert package.open_data().read() == CSV.encode()
    assert package.fields == ("PersonId", "ManagerId", "Organization")


@pytest.mark.parametrize(
    "members",
    [
        {"data.csv": CSV},
        {"data.csv": CSV, "other.csv": CSV, "metadata.json": META},
        {"data.csv": CSV, "metadata.json": META, "notes.txt": "x"},
        {"a/data.csv": CSV, "b/metadata.json": META},
        {"data.csv": CSV, "a/metadata.json": META},
        {"a/b/data.csv": CSV, "a/b/metadata.json": META},
        {},
    ],
    ids=["no json", "two csv", "a third file", "two folders", "mixed", "too deep", "nothing"],
)
def test_anything_but_one_csv_and_one_json_side_by_side_is_refused(tmp_path, members):
    assert codes(a_zip(tmp_path, members)) == ["PKG_FILES"]


def test_one_top_folder_and_litter_of_operating_systems_are_fine(tmp_path):
    members = {
        "export/": "",
        "export/data.csv": CSV,
        "export/metadata.json": META,
        "__MACOSX/export/._data.csv": "x",
        "export/.DS_Store": "x",
    }
    assert read(a_zip(tmp_path, members)).package is not None


def test_other_names_are_taken_with_advice(tmp_path):
    reading = read(a_zip(tmp_path, {"export.CSV": CSV, "map.json": META}))
    assert reading.package is not None
    assert [finding.code for finding in reading.findings] == ["ADV_PKG_NAMES"]


@pytest.mark.parametrize(
    "name", ["../data.csv", "/data.csv", "\\data.csv", "a/../../data.csv", "C:/data.csv"]
)
def test_a_name_that_could_be_a_path_elsewhere_is_refused(tmp_path, name):
    assert codes(a_zip(tmp_path, {name: CSV, "metadata.json": META})) == ["PKG_UNSAFE_NAME"]


def test_a_link_entry_is_refused(tmp_path):
    path = tmp_path / "package.zip"
    link = zipfile.ZipInfo("data.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as made:
        made.writestr(link, "/etc/passwd")
        made.writestr("metadata.json", META)
    assert codes(path) == ["PKG_UNSAFE_NAME"]


def test_two_entries_of_the_same_name_are_refused(tmp_path):
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("data.csv", CSV)
        with pytest.warns(UserWarning, match="Duplicate name"):
            made.writestr("data.csv", CSV + "x")
        made.writestr("metadata.json", META)
    assert codes(path) == ["PKG_FILES"]


def test_an_encrypted_entry_is_refused(tmp_path):
    path = a_zip(tmp_path)
    content = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    path.write_bytes(content)
    assert codes(path) == ["PKG_ENCRYPTED"]


def test_another_method_than_store_and_deflate_is_refused(tmp_path):
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as made:
        made.writestr("data.csv", CSV)
        made.writestr("metadata.json", META)
    assert codes(path) == ["PKG_ENCRYPTED"]


def test_a_stored_entry_is_read(tmp_path):
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as made:
        made.writestr("data.csv", CSV)
        made.writestr("metadata.json", META)
    package = read(path).package
    assert package is not None
    assert package.open_data().read() == CSV.encode()


def test_more_entries_than_allowed_are_refused(tmp_path):
    members = {f"{number}.txt": "x" for number in range(limits.ENTRIES + 1)}
    assert codes(a_zip(tmp_path, members)) == ["PKG_TOO_LARGE"]


@pytest.mark.parametrize("said", [100, 0xFFFFFFFF])
def test_a_directory_that_only_its_zip64_record_tells_the_size_of_is_not_read(tmp_path, said):
    path = tmp_path / "package.zip"
    entry = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", *[0] * 9, 1, *[0] * 6) + b"a"
    directory = entry * (limits.DIRECTORY_BYTES // len(entry) + 1)
    start = b"PK\x03\x04" + bytes(26)
    zip64 = (44, 45, 45, 0, 0, 2, 2, len(directory), len(start))
    path.write_bytes(
        start
        + directory
        + struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", *zip64)
        + struct.pack("<4sLQL", b"PK\x06\x07", 0, len(start) + len(directory), 1)
        + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, said, 0, 0)
    )
    assert codes(path) == ["PKG_TOO_LARGE"]


def test_a_zip64_package_is_read(tmp_path):
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w") as made:
        for name, text in (("data.csv", CSV), ("metadata.json", META)):
            with made.open(name, "w", force_zip64=True) as member:
                member.write(text.encode())
    assert read(path).package is not None


def test_a_json_over_its_limit_is_refused(tmp_path):
    large = {"data.csv": CSV, "metadata.json": " " * (limits.METADATA_BYTES + 1)}
    assert codes(a_zip(tmp_path, large)) == ["PKG_TOO_LARGE"]


def test_a_bomb_is_stopped_while_streaming_whatever_its_header_says(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "DATA_BYTES", 1000)
    path = a_zip(tmp_path, {"data.csv": CSV + "x" * 100_000, "metadata.json": META})
    content = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.index(signature) + offset
        content[at : at + 4] = (100).to_bytes(4, "little")  # the header lies about the size
    path.write_bytes(content)
    opened, _ = archive.open_archive(path)
    assert opened is not None
    with opened.open_data() as stream, pytest.raises(PackageBroken) as broken:
        stream.read()
    assert broken.value.code == "PKG_BOMB"


def test_a_header_that_promises_too_much_is_refused_at_once(tmp_path):
    path = a_zip(tmp_path)
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\x01\x02") + 24
    content[at : at + 4] = (2**31).to_bytes(4, "little")
    path.write_bytes(content)
    assert codes(path) == ["PKG_BOMB"]


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_a_csv_is_read_in_parts_as_they_come_and_none_is_larger_than_asked_for(tmp_path, method):
    rows = "".join(f"person{number}@contoso.com,,Sales\n" for number in range(50_000))
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w", method) as made:
        made.writestr("data.csv", CSV + rows)
        made.writestr("metadata.json", META)
    package = read(path).package
    assert package is not None
    with package.open_data() as stream:
        parts = list(iter(lambda: stream.read1(100_000), b""))
    assert b"".join(parts) == (CSV + rows).encode()
    assert max(map(len, parts)) <= 100_000
    assert stream.closed


def test_a_wrong_checksum_is_found_at_the_end_of_the_stream(tmp_path):
    path = a_zip(tmp_path)
    content = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 14), (b"PK\x01\x02", 16)):
        content[content.index(signature) + offset] ^= 0xFF
    path.write_bytes(content)
    assert codes(path) == ["PKG_CORRUPT"]


@pytest.mark.parametrize("keep", [4, 30, 100, -30, -1])
def test_a_truncated_zip_is_corrupt(tmp_path, keep):
    path = a_zip(tmp_path)
    path.write_bytes(path.read_bytes()[:keep])
    assert codes(path) == ["PKG_CORRUPT"]


def test_a_member_cut_inside_is_corrupt(tmp_path):
    path = a_zip(tmp_path, {"data.csv": os.urandom(5000).hex(), "metadata.json": META})
    content = path.read_bytes()
    start = content.index(b"data.csv") + 8
    path.write_bytes(content[:start] + b"\0" * 2000 + content[start + 2000 :])
    assert codes(path) == ["PKG_CORRUPT"]


def test_what_is_no_zip_is_said_to_be_none(tmp_path):
    path = tmp_path / "package.zip"
    path.write_bytes(b"PersonId,ManagerId\n")
    assert codes(path) == ["PKG_NOT_ZIP"]


def test_an_empty_body_is_refused_before_anything_is_read(tmp_path):
    path = tmp_path / "package.zip"
    path.write_bytes(b"")
    finding = quick_check(path, PackageForm.ZIP)
    assert finding is not None
    assert finding.code == "PKG_EMPTY_BODY"


def test_an_empty_csv_and_an_empty_json_are_told_together(tmp_path):
    empty = {"data.csv": "\ufeff\r\n\n", "metadata.json": " \n"}
    assert codes(a_zip(tmp_path, empty)) == ["PKG_CSV_EMPTY", "PKG_JSON_EMPTY"]
