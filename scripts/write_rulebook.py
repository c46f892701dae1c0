"""`make docs`: writes the page of each rule into docs/rules and its examples into tests/packages."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "rulebook")]

from test_packages import FILES, PACKAGES, path_of  # noqa: E402
from zips import ZIPS  # noqa: E402

from orgport.rulebook.markdown import as_markdown, list_as_markdown  # noqa: E402
from orgport.rulebook.pages import pages  # noqa: E402

RULES = ROOT / "docs" / "rules"


def main() -> None:
    """Write everything anew."""
    shutil.rmtree(RULES, ignore_errors=True)
    RULES.mkdir(parents=True)
    for page in pages().values():
        (RULES / f"{page.code}.md").write_text(as_markdown(page), encoding="utf-8")
    (RULES / "README.md").write_text(list_as_markdown(pages().values()), encoding="utf-8")
    for kind in ("accept", "reject"):
        shutil.rmtree(PACKAGES / kind, ignore_errors=True)
    for kind, page, example in FILES:
        path = path_of(kind, page, example)
        path.parent.mkdir(parents=True, exist_ok=True)
        is_zip = example.ending == ".zip"
        path.write_bytes(ZIPS[page.code, example.name]() if is_zip else example.content)


if __name__ == "__main__":
    main()
