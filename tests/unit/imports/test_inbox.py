"""Packages are kept whole, once, and durably, or not at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from orgport.errors import BadInput, StorageFull, TooLarge
from orgport.imports.inbox import FolderInbox


def files_under(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_package_is_kept_under_its_sha256(tmp_path: Path) -> None:
    received = FolderInbox(tmp_path).receive([b"PK", b"", b"rest"], limit_bytes=100)
    assert received.sha256 == hashlib.sha256(b"PKrest").hexdigest()
    assert received.size_bytes == 6
    assert received.path == tmp_path / received.sha256
    assert received.path.read_bytes() == b"PKrest"


def test_the_same_bytes_sent_twice_are_kept_once(tmp_path: Path) -> None:
    inbox = FolderInbox(tmp_path)
    first = inbox.receive([b"same"], limit_bytes=100)
    second = inbox.receive([b"sa", b"me"], limit_bytes=100)
    assert first == second
    assert files_under(tmp_path) == [first.sha256]


def test_a_package_of_exactly_the_limit_is_kept(tmp_path: Path) -> None:
    assert FolderInbox(tmp_path).receive([b"12345"], limit_bytes=5).size_bytes == 5


def test_a_package_over_the_limit_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match="larger than 5 bytes"):
        FolderInbox(tmp_path).receive([b"123", b"456"], limit_bytes=5)
    assert files_under(tmp_path) == []


def test_without_room_for_what_was_announced_not_a_byte_is_read(tmp_path: Path) -> None:
    def chunks() -> Iterator[bytes]:
        raise AssertionError("a chunk was asked for")
        yield b""

    with pytest.raises(StorageFull, match="nothing was accepted"):
        FolderInbox(tmp_path).receive(chunks(), limit_bytes=2**60, expected_bytes=2**60)


def test_a_sender_that_breaks_off_leaves_nothing_behind(tmp_path: Path) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"half"
        raise BadInput("The body ended early.")

    with pytest.raises(BadInput):
        FolderInbox(tmp_path).receive(chunks(), limit_bytes=100)
    assert files_under(tmp_path) == []


def test_a_name_that_is_no_sha256_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        FolderInbox(tmp_path).path_of("../../secret.key")


def test_the_sweep_removes_only_what_is_old_and_unwanted(tmp_path: Path) -> None:
    inbox = FolderInbox(tmp_path)
    old = inbox.receive([b"old"], limit_bytes=100)
    wanted = inbox.receive([b"wanted"], limit_bytes=100)
    fresh = inbox.receive([b"fresh"], limit_bytes=100)
    for received in (old, wanted):
        os.utime(received.path, (1_000, 1_000))
    assert inbox.sweep(older_than=2_000, wanted=frozenset({wanted.sha256})) == 1
    assert files_under(tmp_path) == sorted([wanted.sha256, fresh.sha256])
