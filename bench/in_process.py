"""One verdict as a call in a process that runs already, as a worker makes it.

Prints the seconds of the third one, as the peers do: imports, the start of the interpreter and compiling are
left out.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from orgport.cli.judging import judge
from orgport.finding import Severity
from orgport.validation.verdict import ValidationSettings

for _ in range(3):
    with TemporaryDirectory() as scratch:
        began = time.perf_counter()
        verdict = judge(
            Path(sys.argv[1]),
            scratch=Path(scratch),
            settings=ValidationSettings(),
            upload_date=datetime.now(UTC).date(),
        ).verdict
        seconds = time.perf_counter() - began
found = sum(verdict.count_of(severity) for severity in Severity)
print(json.dumps({"seconds": seconds, "found": found}))
