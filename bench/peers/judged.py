"""What all peers judge, and how they tell it: the rules in words that each can take, and one line of JSON.

Seconds are those of the work alone in a process that has judged the file twice before: imports, the start of
the interpreter and what a library sets up at first are left out. The rules that no framework has are in
`by_hand`; physical lines are known to orgport alone.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

EMAIL = (
    r"^[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*"
    r"@[A-Za-z0-9]+(-+[A-Za-z0-9]+)*(\.[A-Za-z0-9]+(-+[A-Za-z0-9]+)*)+$"
)
DATE = r"^\d{1,2}/\d{1,2}/\d{4}$"
DATE_FORMAT = "%m/%d/%Y"
NUMBER = r"^-?\d*\.?\d+$"
WHOLE_NUMBER = r"^-?\d+$"
SUPERVISOR = ("IC", "Mngr", "Mngr+")
REQUIRED = ("PersonId", "Organization", "EffectiveDate")
KEY = ("PersonId", "EffectiveDate")


def timed(judge: Callable[[Path], int], *, sets_up: bool = True) -> None:
    """Judge the csv named on the command line and print the seconds and what was found.

    What sets nothing up at first need not run before.
    """
    for _ in range(2 if sets_up else 0):
        judge(Path(sys.argv[1]))
    began = time.perf_counter()
    found = judge(Path(sys.argv[1]))
    print(json.dumps({"seconds": time.perf_counter() - began, "found": found}))
