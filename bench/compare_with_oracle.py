"""`make soak`: large seeded packages come out the same from the columnar engine and from the oracle.

A run of the defaults compares 1,000,000 rows and takes some minutes: the oracle reads them one by one.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "property")]

from bulk import bulk_case  # noqa: E402
from comparison import assert_same_judgement  # noqa: E402

from orgport.package.model import Refresh  # noqa: E402


def main() -> None:
    """Compare until the rows are used up; the first difference ends the run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=125_000, help="rows of each package")
    parser.add_argument("--packages", type=int, default=8, help="how many packages")
    parser.add_argument("--seed", type=int, default=1, help="seed of the first one")
    options = parser.parse_args()
    for seed in range(options.seed, options.seed + options.packages):
        refresh = Refresh.FULL if seed // 2 % 2 else Refresh.INCREMENTAL
        case = bulk_case(options.rows, seed=seed, refresh=refresh)
        started = time.perf_counter()
        with TemporaryDirectory() as folder:
            findings = assert_same_judgement(case, Path(folder))
        seconds = time.perf_counter() - started
        print(f"seed {seed}, {refresh.value}: {findings:,} findings the same, {seconds:.0f} s")


if __name__ == "__main__":
    main()
