"""The six stages of a running import as its strip shows them."""

from __future__ import annotations

from dataclasses import dataclass

from orgport.imports.lifecycle import State
from orgport.server.portal.templatetags.portal import duration, number, percent
from orgport.server.records.models import ImportRecord

_ORDER = (
    State.RECEIVED,
    State.EXTRACTING,
    State.VALIDATING,
    State.AWAITING_APPROVAL,
    State.PROCESSING,
    State.SUCCEEDED,
)
_NAMES = ("Received", "Extracting", "Validating", "Approval", "Processing", "Success")
_SECONDS = {State.EXTRACTING: "extract", State.VALIDATING: "validate", State.PROCESSING: "process"}


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: where it stands, what is said below it, and how much of its track is filled."""

    name: str
    standing: str  # done, now, failed, maybe (only if a guard rail asks) or next
    detail: str
    share: int  # percent of the track behind this node

    @property
    def is_dashed(self) -> bool:
        """Whether the way through this stage is not taken by every import."""
        return self.standing == "maybe"


def stages_of(record: ImportRecord, *, arrived: str) -> list[Stage]:
    """The stages of a running import; `arrived` is the clock time of its arrival."""
    now = _ORDER.index(record.status) if record.status in _ORDER else 1
    now = max(now, 1)  # received is a thing done: what comes next is under way
    return [_stage(record, index, now, arrived) for index in range(len(_ORDER))]


def failed_stages_of(record: ImportRecord, *, arrived: str) -> list[Stage]:
    """The stages of an import that failed in one of them; those behind it never came."""
    failed = _ORDER.index(_failed_in(record))
    return [
        Stage(_NAMES[index], "failed", "failed here", 0)
        if index == failed
        else _stage(record, index, failed, arrived)
        for index in range(len(_ORDER))
    ]


def _failed_in(record: ImportRecord) -> State:
    """The stage in which an import failed: the one behind the last that took its time."""
    if record.status is State.VALIDATION_FAILED:
        return State.VALIDATING if "validate" in record.stage_seconds else State.EXTRACTING
    if "compare" in record.stage_seconds:
        return State.PROCESSING
    return State.VALIDATING if "extract" in record.stage_seconds else State.EXTRACTING


def _stage(record: ImportRecord, index: int, now: int, arrived: str) -> Stage:
    state, name = _ORDER[index], _NAMES[index]
    if index == 0:
        return Stage(name, "done", arrived, 100)
    if state is State.AWAITING_APPROVAL and record.status is not State.AWAITING_APPROVAL:
        return Stage(name, "maybe", "only if a guard rail asks", 100 if index < now else 0)
    if index < now:
        seconds = record.stage_seconds.get(_SECONDS.get(state, ""))
        return Stage(name, "done", duration(seconds) if seconds is not None else "", 100)
    if index == now:
        share = int(record.progress_share * 100)
        words = f"{name}, {percent(record.progress_share)}" if share else name
        return Stage(words, "now", _progress(record), share)
    return Stage(name, "next", "" if state is State.SUCCEEDED else "not started", 0)


def _progress(record: ImportRecord) -> str:
    if record.status is State.AWAITING_APPROVAL:
        return "waits for an approver"
    if record.status is State.PROCESSING and record.rows_accepted is not None:
        return f"{number(record.rows_accepted)} rows"
    if record.progress_rows:
        return f"{number(record.progress_rows)} rows so far"
    return "in progress"
