"""Why what an import changes is looked at by somebody, with examples."""

from __future__ import annotations

from orgport.rulebook.example import HEADER, LEAD, Example, Explanation, csv_of

_ROW = "rep{}@contoso.com,lead@contoso.com,Sales,01/01/2024"
_STAFF = tuple(_ROW.format(number) for number in range(1, 20))
_EARLIER = csv_of(HEADER, LEAD, *_STAFF)
_PLACES = csv_of(f"{HEADER},Location", f"{LEAD},Oslo", *(f"{row},Oslo" for row in _STAFF))
_REMOVED, _BLANKED = ("removed_share", 0.10), ("blanked_share", 0.20)
_MOVES, _REWRITTEN = ("manager_moves_share", 0.10), ("rewritten_share", 0.10)


def _compared(
    name: str, *rows: str, limit: tuple[str, float], earlier: str = _EARLIER, header: str = HEADER
) -> Example:
    return Example(name, csv_of(header, *rows), earlier=earlier, limits=(limit,))


def _located(blank: int) -> tuple[str, ...]:
    return tuple(f"{row},{'' if index < blank else 'Oslo'}" for index, row in enumerate(_STAFF))


def _moved(count: int) -> tuple[str, ...]:
    return tuple(
        row.replace(",lead@", ",rep19@") if index < count else row
        for index, row in enumerate(_STAFF)
    )


def _in_legal(count: int) -> tuple[str, ...]:
    return tuple(
        row.replace("Sales", "Legal") if index < count else row for index, row in enumerate(_STAFF)
    )


CHANGES = {
    "POP_REMOVED_SHARE": Explanation(
        "A file that was cut off, or of one unit only, looks like many leavers.",
        _compared("a quarter of the persons is missing", LEAD, *_STAFF[:14], limit=_REMOVED),
        _compared("one person has left", LEAD, *_STAFF[:18], limit=_REMOVED),
    ),
    "POP_BLANKED_SHARE": Explanation(
        "An export that lost a column, or the right to read it, brings blanks.",
        _compared(
            "half of the locations are blank",
            f"{LEAD},Oslo",
            *_located(10),
            limit=_BLANKED,
            earlier=_PLACES,
            header=f"{HEADER},Location",
        ),
        _compared(
            "one location is blank",
            f"{LEAD},Oslo",
            *_located(1),
            limit=_BLANKED,
            earlier=_PLACES,
            header=f"{HEADER},Location",
        ),
    ),
    "POP_MANAGER_MOVES": Explanation(
        "A wrong join gives everybody another manager, and every row is valid by itself.",
        _compared("half of the persons move", LEAD, *_moved(10), limit=_MOVES),
        _compared("one person moves", LEAD, *_moved(1), limit=_MOVES),
    ),
    "POP_HISTORY_REWRITTEN": Explanation(
        "Reports that were made before would come out otherwise today.",
        _compared(
            "half of the persons were always elsewhere", LEAD, *_in_legal(10), limit=_REWRITTEN
        ),
        _compared("one person was always elsewhere", LEAD, *_in_legal(1), limit=_REWRITTEN),
    ),
    "ADV_UNKNOWN_PERSON": Explanation(
        "Who asks for a deletion should know when a person was not found.",
        Example(
            "an address that nobody has",
            csv_of("PersonId", "rep1@contoso.com", "gone@contoso.com"),
            earlier=_EARLIER,
            is_deletion=True,
        ),
        Example(
            "persons who are there",
            csv_of("PersonId", "rep1@contoso.com", "REP2@contoso.com"),
            earlier=_EARLIER,
            is_deletion=True,
        ),
    ),
}
