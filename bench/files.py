"""The files that the benchmarks read: samples of a wanted size, made once and kept under `var/bench`."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

ORGPORT = str(Path(sys.executable).with_name("orgport"))


@dataclass(frozen=True, slots=True)
class Sample:
    """A package and its csv, unzipped."""

    package: Path
    csv: Path


def sample(folder: Path, size_bytes: int, *, bad: float = 0.0, malformed: float = 0.0) -> Sample:
    """A sample of about `size_bytes` of csv with the given shares of bad cells and malformed lines."""
    name = f"sample-{size_bytes}" + (f"-{bad}-{malformed}" if bad or malformed else "")
    package = folder / f"{name}.zip"
    if not package.exists():
        part = package.with_suffix(".part.zip")
        shares = ["--bad-share", str(bad), "--malformed-share", str(malformed)]
        size = ["--size-bytes", str(size_bytes)]
        subprocess.run([ORGPORT, "sample", *size, *shares, "--out", part], check=True)
        part.rename(package)
    return Sample(package, _unzipped(package))


def with_a_bad_column(folder: Path, clean: Sample) -> Sample:
    """The sample with every HourlyRate a text."""
    package = clean.package.with_name(f"{clean.package.stem}-bad-column.zip")
    if not package.exists():
        rows = folder / "bad-column.csv"
        with (
            clean.csv.open(newline="", encoding="utf-8") as source,
            rows.open("w", newline="", encoding="utf-8") as target,
        ):
            reader, writer = csv.reader(source), csv.writer(target, lineterminator="\n")
            header = next(reader)
            writer.writerow(header)
            rate = header.index("HourlyRate")
            for number, row in enumerate(reader):
                row[rate] = f"about {number % 97}"
                writer.writerow(row)
        with (
            zipfile.ZipFile(clean.package) as source_zip,
            zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        ):
            archive.writestr("metadata.json", source_zip.read("metadata.json"))
            archive.write(rows, "data.csv")
        rows.unlink()
    return Sample(package, _unzipped(package))


def _unzipped(package: Path) -> Path:
    unzipped = package.with_suffix(".csv")
    if not unzipped.exists():
        part = unzipped.with_suffix(".part")
        with (
            zipfile.ZipFile(package) as archive,
            archive.open("data.csv") as data,
            part.open("wb") as out,
        ):
            shutil.copyfileobj(data, out, 1024 * 1024)
        part.rename(unzipped)
    return unzipped
