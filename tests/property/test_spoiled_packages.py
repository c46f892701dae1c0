"""Packages spoiled in one way each: reading tells exactly that, and the spoilers meet every rule."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from searching import examples
from spoiled import SPOILERS, Parcel, a_parcel

from orgport.package.read import read_package
from orgport.package.rules import PACKAGE_RULES

SEEDS = range(examples(12))


def codes_of(parcel: Parcel, folder: Path) -> set[str]:
    """What is told of a package before its rows are judged, or of its having none."""
    folder.mkdir(parents=True)
    body = folder / "body"
    body.write_bytes(parcel.body())
    reading = read_package(body, form=parcel.form, options=parcel.read_options(), scratch=folder)
    return {finding.code for finding in reading.findings}


def test_the_spoilers_meet_every_rule_on_packages_metadata_and_headers() -> None:
    assert SPOILERS.keys() == PACKAGE_RULES.keys()


def test_a_package_that_is_not_spoiled_is_read_without_a_finding(tmp_path: Path) -> None:
    for seed in SEEDS:
        dice = random.Random(seed)  # noqa: S311  a seed that can be told
        assert codes_of(a_parcel(dice), tmp_path / str(seed)) == set()


@pytest.mark.parametrize("code", SPOILERS)
def test_a_spoiled_package_is_told_for_what_was_spoiled(tmp_path: Path, code: str) -> None:
    for seed in SEEDS:
        dice = random.Random(f"{code} {seed}")  # noqa: S311  a seed that can be told
        parcel = a_parcel(dice)
        SPOILERS[code](parcel, dice)
        assert codes_of(parcel, tmp_path / str(seed)) == {code}
