"""Inflate the csv of a package and check its CRC, nothing more: the floor of every verdict on a zip."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from orgport.package.model import PackageForm
from orgport.package.read import ReadOptions, read_package

with TemporaryDirectory() as scratch:
    reading = read_package(
        Path(sys.argv[1]), form=PackageForm.ZIP, options=ReadOptions(), scratch=Path(scratch)
    )
    if reading.package is None:
        raise SystemExit("the package cannot be read")
    with reading.package.open_data() as stream:
        while stream.read(1 << 20):
            pass
