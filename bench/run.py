"""`make bench`: measures, prints ratios, and writes docs/reference/performance.md with its chart.

The yardstick is Polars' streaming parse of the unzipped csv, every column as text: what reading alone costs.
With `--only` a part is measured and printed, and the page is left alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import history
import pushes
import replacing
import validation
from files import sample, with_a_bad_column
from measure import median_of
from report import Section, printed, write_docs

PARTS = ("reading", "pushes", "dirty", "peers", "history")
DOCS = Path(__file__).resolve().parent.parent / "docs" / "reference"
HUNDRED_MEGABYTES = 107_000_000


def sections(chosen: argparse.Namespace) -> Iterator[Section]:
    """The chosen parts, measured one after the other."""
    folder, runs = chosen.folder, chosen.runs
    peers = validation.peers_environment(folder)
    large = sample(folder, chosen.size_bytes)
    if "reading" in chosen.only:
        yield validation.beside_reading(large, peers, runs=runs)
    if "pushes" in chosen.only:
        parse = median_of(validation.raw_parse(large) for _ in range(runs))
        yield pushes.section(large, parse, folder, runs=runs)
    clean = sample(folder, HUNDRED_MEGABYTES)
    if "dirty" in chosen.only:
        dirty = sample(folder, HUNDRED_MEGABYTES, bad=0.05, malformed=0.01)
        bad_column = with_a_bad_column(folder, clean)
        yield validation.on_dirty_files(clean, dirty, bad_column, runs=runs)
    if "peers" in chosen.only:
        yield validation.beside_peers(
            sample(folder, HUNDRED_MEGABYTES, bad=0.0001), peers, runs=runs
        )
    if "history" in chosen.only:
        for share in (0.1, 0.65):  # the second sends 1.3 million rows
            yield history.section(history.parser().parse_args([f"--share={share}"]))
        parse = median_of(validation.raw_parse(large) for _ in range(runs))
        yield replacing.section(large, parse, folder, runs=runs)


def main() -> None:
    """Measure, print, and write the page when everything was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("var/bench"))
    parser.add_argument("--size-bytes", type=int, default=1_065_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    measured = []
    for section in sections(chosen):
        print(printed(section), flush=True)
        measured.append(section)
    if set(chosen.only) == set(PARTS):
        write_docs(measured, DOCS, charted="The same rules in other hands")


if __name__ == "__main__":
    main()
