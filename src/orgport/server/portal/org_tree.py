"""What of the organization's tree a page shows: its roots, or the way down to one person, opened there.

A level shows so many at a time; nobody's reports are read before somebody asks for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.urls import reverse

from orgport.history.hierarchy import Hierarchy, Node, Standing
from orgport.server.portal.clocks import Clocks

NODES_A_LEVEL = 50
LONGEST_WAY = 30  # managers shown above a person
FOUND_AT_ONCE = 20

HEADINGS = {
    Standing.TOP: "Without a manager",
    Standing.UNKNOWN_MANAGER: "Whose manager is not there on this day",
    Standing.CIRCLE: "In a circle of managers, cut here",
}


@dataclass(frozen=True, slots=True)
class Branch:
    """A person in the tree with those of their reports that are shown."""

    node: Node
    person_url: str
    reports_url: str  # the page on which this person is opened
    fragment_url: str  # just the reports, for a page that has a script
    is_open: bool = False
    is_chosen: bool = False
    branches: Sequence[Branch] = field(default=())
    hidden: int = 0  # reports that are not among the branches
    more_url: str = ""  # the page that shows the next of them


@dataclass(frozen=True, slots=True)
class Group:
    """The roots of one standing."""

    heading: str
    count: int
    branches: Sequence[Branch]
    more_url: str


@dataclass(frozen=True, slots=True)
class Tree:
    """Makes the branches of one tree, with links that keep the clocks."""

    hierarchy: Hierarchy
    clocks: Clocks

    def groups(self, standing: Standing | None, offset: int) -> list[Group]:
        """The roots, of one standing from an offset on, of the others from the beginning."""
        found = []
        for one, heading in HEADINGS.items():
            start = offset if one is standing else 0
            nodes = self.hierarchy.roots(one, offset=start, limit=NODES_A_LEVEL)
            count = self.hierarchy.root_count(one)
            if not count:
                continue
            more = ""
            if start + len(nodes) < count:
                more = self._page(root=one.value, start=str(start + NODES_A_LEVEL))
            found.append(Group(heading, count, [self.branch(node) for node in nodes], more))
        return found

    def way_to(self, address: str, offset: int) -> Branch | None:
        """The way from the top down to a person, whose reports are shown; None for a stranger."""
        chain = self.hierarchy.chain(address, limit=LONGEST_WAY)
        if not chain:
            return None
        branch = self._opened(chain[-1], offset)
        for node in reversed(chain[:-1]):
            hidden = node.reports - 1
            branch = self.branch(node, is_open=True, branches=[branch], hidden=hidden)
        return branch

    def reports(self, address: str, offset: int) -> Branch | None:
        """A person and their reports; None for a stranger."""
        node = self.hierarchy.node(address)
        return self._opened(node, offset) if node else None

    def found(self, text: str) -> list[Branch]:
        """Persons with a text in their address; one more than are shown when there are more."""
        nodes = self.hierarchy.search(text, limit=FOUND_AT_ONCE + 1)
        return [self.branch(node) for node in nodes]

    def branch(
        self,
        node: Node,
        *,
        is_open: bool = False,
        is_chosen: bool = False,
        branches: Sequence[Branch] = (),
        hidden: int = 0,
        more_url: str = "",
    ) -> Branch:
        """A person with the links that lead on."""
        query = urlencode({"address": node.person_id, **self.clocks.query})
        return Branch(
            node,
            person_url=f"{reverse('person')}?{query}",
            reports_url=self._page(at=node.person_id) + "#chosen",
            fragment_url=f"{reverse('organization-reports')}?"
            + urlencode({"at": node.person_id, **self.clocks.query}),
            is_open=is_open,
            is_chosen=is_chosen,
            branches=branches,
            hidden=hidden,
            more_url=more_url,
        )

    def _opened(self, node: Node, offset: int) -> Branch:
        nodes = self.hierarchy.reports(node.person_id, offset=offset, limit=NODES_A_LEVEL)
        end = offset + len(nodes)
        more = ""
        if nodes and end < node.reports:
            more = self._page(at=node.person_id, start=str(end)) + "#chosen"
        return self.branch(
            node,
            is_open=True,
            is_chosen=True,
            branches=[self.branch(one) for one in nodes],
            hidden=node.reports - len(nodes),
            more_url=more,
        )

    def _page(self, **query: str) -> str:
        return f"{reverse('organization')}?{urlencode({**query, **self.clocks.query})}"
