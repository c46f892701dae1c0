"""An import is folded before it is decided on: nothing is written, and the commit takes the fold over."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from histories import (
    AT,
    DeltaHistory,
    Sent,
    persons_frame,
    sent,
    supplied,
    upload_frame,
    write_rows,
)
from orgport.history.committed import Committed
from orgport.history.proposal import Proposal
from orgport.package.model import Refresh

A, B, C = "a@contoso.com", "b@contoso.com", "c@contoso.com"
START = [
    sent(A, "2024-01-01", ManagerId=None, Organization="Sales", BadgeData=1),
    sent(A, "2024-06-01", ManagerId=None, Organization="Sales", BadgeData=2),
    sent(B, "2024-01-01", ManagerId=A, Organization="Sales", BadgeData=3),
    sent(C, "2024-01-01", ManagerId=A, Organization="Stores", BadgeData=4),
]


@dataclass
class Sending:
    """A file that has been validated and not yet committed."""

    history: DeltaHistory
    refresh: Refresh
    rows: list[Sent]

    def __post_init__(self) -> None:
        stored = self.history.store.stored()
        numbers = dict(stored.persons.select("key", "person").iter_rows())
        new = [row.person for row in self.rows if row.person not in numbers]
        for person in dict.fromkeys(new):
            numbers[person] = stored.next_person + list(dict.fromkeys(new)).index(person)
        fields = supplied(self.rows)
        self.sent: dict[str, Any] = {
            "refresh": self.refresh,
            "fields": fields,
            "rows": write_rows(
                upload_frame(self.rows, numbers, fields), self.history.folder / uuid4().hex
            ),
            "new_persons": persons_frame([(numbers[p], p, p) for p in dict.fromkeys(new)]),
        }

    def propose(self) -> Proposal:
        return self.history.store.propose(**self.sent, folder=self.history.folder / uuid4().hex)

    def commit(self, proposal: Proposal | None) -> Committed:
        return self.history.store.commit(
            uuid4(),
            number=len(self.history.store.imports()) + 1,
            at=AT,
            scratch=self.history.folder,
            proposal=proposal,
            **self.sent,
        )


@pytest.fixture
def loaded(tmp_path: Path) -> DeltaHistory:
    history = DeltaHistory(tmp_path)
    history.receive(Refresh.FULL, START)
    return history


def persons(proposal: Proposal) -> dict[str, str]:
    """Who differs, by address, and of which kind."""
    found = pl.read_parquet(proposal.persons)
    return dict(found.select("PersonId", pl.col("kind").cast(pl.String)).iter_rows())


def periods(history: DeltaHistory) -> list[object]:
    return [history.of(person) for person in (A, B, C)]


NEXT = [
    sent(A, "2024-01-01", ManagerId=None, Organization="Sales"),
    sent(A, "2024-06-01", ManagerId=None, Organization="Stores"),
    sent(B, "2024-01-01", ManagerId=A, Organization="Sales"),
    sent("d@contoso.com", "2024-01-01", ManagerId=A, Organization="Stores"),
]


def test_a_proposal_says_who_joins_leaves_and_moves(loaded: DeltaHistory) -> None:
    proposal = Sending(loaded, Refresh.FULL, NEXT).propose()
    assert persons(proposal) == {A: "mover", B: "other", C: "leaver", "d@contoso.com": "joiner"}
    figures = proposal.figures
    assert (figures.persons_before, figures.persons_after) == (3, 3)
    assert (figures.persons_moved, figures.persons_otherwise) == (1, 1)
    assert proposal.fields_dropped == ("BadgeData",)
    assert (figures.given["BadgeData"], figures.blanked) == (3, {"BadgeData": 3})
    assert figures.brought == {"ManagerId": 1, "Organization": 1}
    assert pl.read_parquet(proposal.blanked).rows() == [("BadgeData", "Sales", 3, 3)]
    organizations = pl.read_parquet(proposal.organizations).sort("organization").rows()
    assert organizations == [("Sales", 2, 1), ("Stores", 1, 2)]


def test_a_proposal_writes_nothing_to_the_history(loaded: DeltaHistory) -> None:
    before = periods(loaded)
    Sending(loaded, Refresh.FULL, NEXT).propose()
    assert periods(loaded) == before
    assert len(loaded.store.imports()) == 1


@pytest.mark.parametrize(
    ("refresh", "rows"),
    [
        (Refresh.FULL, NEXT),
        (Refresh.FULL, NEXT[:1]),
        (Refresh.INCREMENTAL, [sent(A, "2024-03-01", Organization="Head office")]),
    ],
    ids=["full", "most buckets empty", "incremental"],
)
def test_a_commit_of_a_proposal_is_the_commit_without_it(
    refresh: Refresh, rows: list[Sent], tmp_path: Path
) -> None:
    done = []
    frames = []
    for folder in ("with", "without"):
        history = DeltaHistory(tmp_path / folder)
        history.receive(Refresh.FULL, START)
        sending = Sending(history, refresh, rows)
        proposal = sending.propose()
        done.append(sending.commit(proposal if folder == "with" else None))
        shutil.rmtree(proposal.folder)
        frames.append(pl.read_delta(history.store.tables()["periods"]).sort("person", "StartDate"))
    assert_frame_equal(frames[0], frames[1])
    assert done[0].cells_changed == done[1].cells_changed
    assert done[0].change_count == done[1].change_count


def test_a_proposal_is_folded_anew_when_the_history_has_gone_on(loaded: DeltaHistory) -> None:
    late = Sending(loaded, Refresh.INCREMENTAL, [sent(A, "2024-06-01", BadgeData=9)])
    proposal = late.propose()
    Sending(loaded, Refresh.INCREMENTAL, [sent(A, "2024-06-01", Organization="Stores")]).commit(
        None
    )
    late.commit(proposal)
    assert loaded.of(A)[-1].values == {"Organization": "Stores", "BadgeData": 9}


def test_a_proposal_whose_periods_were_let_go_is_folded_anew(loaded: DeltaHistory) -> None:
    sending = Sending(loaded, Refresh.FULL, NEXT)
    proposal = sending.propose()
    shutil.rmtree(proposal.folder / "periods")
    assert sending.commit(proposal).persons_removed == 1
    assert loaded.of(C) == []


def test_untouched_buckets_count_with_their_organizations(loaded: DeltaHistory) -> None:
    rows = [sent(B, "2024-01-01", Organization="Stores")]
    proposal = Sending(loaded, Refresh.INCREMENTAL, rows).propose()
    assert proposal.figures.changes.persons_unchanged == 2
    organizations = pl.read_parquet(proposal.organizations).sort("organization").rows()
    assert organizations == [("Sales", 2, 1), ("Stores", 1, 2)]


def test_an_edit_between_two_snapshots_splits_a_period(loaded: DeltaHistory) -> None:
    rows = [sent(A, "2024-03-01", Organization="Head office")]
    figures = Sending(loaded, Refresh.INCREMENTAL, rows).propose().figures
    assert figures.periods_split == 1
    assert figures.persons_moved == 0  # the newest snapshot says what it said
    assert figures.changed_from == {"2024-03": 1}


def test_a_proposal_comes_back_from_json_as_it_was(loaded: DeltaHistory) -> None:
    proposal = Sending(loaded, Refresh.FULL, NEXT).propose()
    assert Proposal.from_json(proposal.as_json(), proposal.folder) == proposal


def test_the_periods_of_a_person_are_those_of_a_version(loaded: DeltaHistory) -> None:
    person = loaded.store.stored().persons.filter(pl.col("address") == A)["person"][0]
    loaded.receive(Refresh.INCREMENTAL, [sent(A, "2024-03-01", Organization="Head office")])
    assert loaded.store.periods_of(person, version=None).height == 0
    assert loaded.store.periods_of(person, version=0).height == 2
    assert loaded.store.periods_of(person, version=1)["Organization"].to_list() == [
        "Sales",
        "Head office",
        "Sales",
    ]
