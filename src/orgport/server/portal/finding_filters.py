"""Which findings of an import are shown: those of a rule and of a column, as the address says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict

from orgport.server.portal.requests import page_number, whole
from orgport.validation.verdict import RuleCount


@dataclass(frozen=True, slots=True)
class FindingFilters:
    """What the findings are narrowed to; what the import does not have counts as no filter."""

    code: str = ""
    column: int | None = None
    page: int = 1
    rules: tuple[str, ...] = ()  # those there are
    columns: tuple[tuple[int, str], ...] = ()  # numbers and headers of those there are

    @classmethod
    def of(cls, query: QueryDict, counts: Sequence[RuleCount]) -> FindingFilters:
        """The filters of an address."""
        rules = tuple(sorted({one.code for one in counts}))
        columns = {
            one.column: one.header or one.field or str(one.column)
            for one in counts
            if one.column is not None
        }
        code, column = query.get("code", ""), whole(query.get("column"))
        return cls(
            code if code in rules else "",
            column if column in columns else None,
            page_number(query),
            rules,
            tuple(sorted(columns.items())),
        )

    @property
    def count(self) -> int:
        """How many filters are set."""
        return bool(self.code) + (self.column is not None)

    @property
    def query(self) -> str:
        """The filters as the query of an address, with an ampersand behind when there are any."""
        given = {"code": self.code, "column": self.column}
        text = urlencode({name: value for name, value in given.items() if value})
        return f"{text}&" if text else ""

    @property
    def here(self) -> str:
        """The query of the address itself, its page included."""
        return f"{self.query}page={self.page}" if self.page > 1 else self.query.rstrip("&")

    @property
    def words(self) -> str:
        """What they narrow to, as the end of a sentence."""
        header = dict(self.columns).get(self.column or 0, "")
        parts = [f"of {self.code}"] if self.code else []
        parts += [f"in {header}"] if header else []
        return " ".join(parts)

    def narrow(self, counts: Sequence[RuleCount]) -> list[RuleCount]:
        """Only the causes that pass."""
        return [
            one
            for one in counts
            if self.code in ("", one.code) and self.column in (None, one.column)
        ]
