"""The states of an import and the transitions between them; every change of state goes through here.

States are those of docs/reference/lifecycle.md. Who may cause a transition is the caller's question.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, unique

from orgport.errors import WrongState


class State(Enum):
    """Where an import is on its way."""

    RECEIVED = "received"
    EXTRACTING = "extracting"
    MAPPING = "mapping"  # csv upload only
    VALIDATING = "validating"
    AWAITING_APPROVAL = "awaiting_approval"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    VALIDATION_FAILED = "validation_failed"
    PROCESSING_FAILED = "processing_failed"
    ABANDONED = "abandoned"

    @property
    def is_running(self) -> bool:
        """Whether it keeps the tenant's next import from starting."""
        return self in RUNNING

    @property
    def wire_status(self) -> str:
        """The status that the ingress API answers with."""
        return _WIRE_STATUS[self]

    @property
    def label(self) -> str:
        """The status that people read in the portal."""
        return _LABELS[self]


RUNNING = frozenset(
    {
        State.RECEIVED,
        State.EXTRACTING,
        State.MAPPING,
        State.VALIDATING,
        State.AWAITING_APPROVAL,
        State.PROCESSING,
    }
)

_WIRE_STATUS = {
    State.RECEIVED: "NotStarted",
    State.EXTRACTING: "NotStarted",
    State.MAPPING: "NotStarted",
    State.VALIDATING: "ExtractionComplete",
    State.AWAITING_APPROVAL: "ExtractionComplete",
    State.PROCESSING: "ExtractionComplete",
    State.SUCCEEDED: "Completed",
    State.VALIDATION_FAILED: "ValidationFailed",
    State.PROCESSING_FAILED: "ProcessingFailed",
    State.ABANDONED: "Abandoned",
}

_LABELS = {
    State.RECEIVED: "In progress",
    State.EXTRACTING: "In progress",
    State.MAPPING: "Mapping",
    State.VALIDATING: "Validating",
    State.AWAITING_APPROVAL: "Waiting for approval",
    State.PROCESSING: "Processing",
    State.SUCCEEDED: "Success",
    State.VALIDATION_FAILED: "Validation failed",
    State.PROCESSING_FAILED: "Processing failed",
    State.ABANDONED: "Abandoned",
}


# What a list of imports is narrowed to: the word of an address or an option, its label, and the states.
STATUSES: Mapping[str, tuple[str, frozenset[State]]] = {
    "running": ("In progress", RUNNING),
    "success": ("Success", frozenset({State.SUCCEEDED})),
    "failed": ("Failed", frozenset({State.VALIDATION_FAILED, State.PROCESSING_FAILED})),
    "validation_failed": ("Validation failed", frozenset({State.VALIDATION_FAILED})),
    "processing_failed": ("Processing failed", frozenset({State.PROCESSING_FAILED})),
    "abandoned": ("Abandoned", frozenset({State.ABANDONED})),
}


@unique
class Transition(Enum):
    """A named change of state: the states it may start from and the one it leads to."""

    EXTRACT = (frozenset({State.RECEIVED, State.EXTRACTING}), State.EXTRACTING)
    MAP = (frozenset({State.EXTRACTING}), State.MAPPING)
    VALIDATE = (frozenset({State.EXTRACTING, State.MAPPING, State.VALIDATING}), State.VALIDATING)
    # An import without a package is compared before it has begun.
    ASK_APPROVAL = (frozenset({State.RECEIVED, State.VALIDATING}), State.AWAITING_APPROVAL)
    APPROVE = (frozenset({State.AWAITING_APPROVAL}), State.PROCESSING)
    REJECT = (frozenset({State.AWAITING_APPROVAL}), State.ABANDONED)
    # Nobody decided in time. The word keeps it apart from REJECT: equal values would be one member.
    EXPIRE = (frozenset({State.AWAITING_APPROVAL}), State.ABANDONED, "undecided")
    PROCESS = (frozenset({State.VALIDATING, State.PROCESSING}), State.PROCESSING)
    SUCCEED = (frozenset({State.PROCESSING}), State.SUCCEEDED)
    REWRITE = (frozenset({State.RECEIVED, State.PROCESSING}), State.PROCESSING)  # no package
    FAIL_VALIDATION = (frozenset({State.EXTRACTING, State.VALIDATING}), State.VALIDATION_FAILED)
    FAIL_PROCESSING = (RUNNING, State.PROCESSING_FAILED)
    ABANDON = (RUNNING, State.ABANDONED)

    def apply(self, state: State) -> State:
        """The state after this transition; the same stage may begin again after a restart.

        Raises WrongState when the transition may not start from `state`.
        """
        allowed: frozenset[State] = self.value[0]
        target: State = self.value[1]
        if state not in allowed:
            raise WrongState(
                f"An import that is {state.label} cannot be moved by {self.name.lower()}. "
                "Reload to see where it is now."
            )
        return target
