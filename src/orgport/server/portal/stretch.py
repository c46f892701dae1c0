"""One page of a long list: what stands on it, and whether there is more before and behind."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stretch:
    """The page that is asked for (from 1) of `total` things, `size` a page; behind the last, the last."""

    asked: int
    size: int
    total: int

    @property
    def page(self) -> int:
        """The number of the page that stands here."""
        return min(self.asked, max(1, -(-self.total // self.size)))

    @property
    def offset(self) -> int:
        """How many stand before it."""
        return (self.page - 1) * self.size

    @property
    def first(self) -> int:
        """The number of the first thing on it."""
        return min(self.offset + 1, self.total)

    @property
    def last(self) -> int:
        """The number of the last thing on it."""
        return min(self.offset + self.size, self.total)

    @property
    def has_earlier(self) -> bool:
        """Whether there is a page before it."""
        return self.page > 1

    @property
    def has_later(self) -> bool:
        """Whether there is a page behind it."""
        return self.last < self.total

    @property
    def is_one_of_many(self) -> bool:
        """Whether there is another page at all."""
        return self.has_earlier or self.has_later
