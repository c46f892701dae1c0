"""The change preview of an import as it lies on disk: its proposal, and the limits that it is past.

`preview.json` is written last: with it the files that it speaks of are whole.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orgport.imports.artifacts import Artifacts, move, write_json
from orgport.imports.guard_rails import Breach

if TYPE_CHECKING:  # the history stands on packages that a mere client does not install
    from orgport.history.proposal import Proposal


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would change, or has changed, and why somebody should look at it."""

    proposal: Proposal
    breaches: tuple[Breach, ...]


def keep_preview(artifacts: Artifacts, preview: Preview) -> Preview:
    """Move an attempt's files to their place and write what they say; an earlier one stays."""
    kept = read_preview(artifacts)
    if kept is not None:
        return kept
    move(preview.proposal.folder, artifacts.preview)
    preview = replace(preview, proposal=replace(preview.proposal, folder=artifacts.preview))
    content = {
        "proposal": preview.proposal.as_json(),
        "breaches": [breach.as_json() for breach in preview.breaches],
    }
    write_json(content, artifacts.folder / "preview.json")
    return preview


def read_preview(artifacts: Artifacts) -> Preview | None:
    """The preview that was kept, None before there is one."""
    from orgport.history.proposal import Proposal

    try:
        text = (artifacts.folder / "preview.json").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    said = json.loads(text)
    return Preview(
        Proposal.from_json(said["proposal"], artifacts.preview),
        tuple(Breach(**breach) for breach in said["breaches"]),
    )
