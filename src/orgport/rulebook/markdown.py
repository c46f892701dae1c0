"""The pages of the rulebook as Markdown, one by one and as a list, and as JSON values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from orgport.finding import Severity
from orgport.rulebook.example import Example
from orgport.rulebook.pages import Page


def as_markdown(page: Page) -> str:
    """The page as Markdown."""
    rule, why = page.rule, page.explanation
    return f"""# {rule.code}

{page.title}. {rule.meaning}

- Looks at {page.looks_at}.
- {page.end}
- In rule sets since {rule.since}.

## Why

{why.why}

## What it says

> {rule.message}

## How to mend it

{rule.hint}

## An example that {"breaks it" if rule.severity is not Severity.ADVICE else "is advised on"}

{_shown(why.fails)}

## An example that is fine

{_shown(why.passes)}
"""


def _shown(example: Example) -> str:
    text = f"```text\n{example.shown}\n```" if example.shown else "(no content)"
    parts = [f"{example.kind}, {example.name}:", text]
    if example.measured:
        parts.append(f"With these measured persons:\n\n```text\n{example.measured_shown}\n```")
    if example.earlier:
        parts.append(f"After an earlier import of:\n\n```text\n{example.before}\n```")
    if example.limits:
        parts.append(f"As a full refresh, under the limit `{example.limit_words}`.")
    if example.command:
        parts.append(f"Judged with `{example.command}`.")
    return "\n\n".join(parts)


def list_as_markdown(pages: Iterable[Page]) -> str:
    """The list of all pages."""
    rows = [
        f"| [{page.code}]({page.code}.md) | {page.rule.severity.value} | {page.title} |"
        for page in pages
    ]
    head = "# Rules\n\nEach code has a page; `orgport explain CODE` shows it too.\n\n"
    return head + "| code | severity | means |\n| --- | --- | --- |\n" + "\n".join(rows) + "\n"


def as_document(page: Page) -> dict[str, Any]:
    """The page as JSON values."""
    rule, explanation = page.rule, page.explanation
    return {
        "code": rule.code,
        "title": page.title,
        "severity": rule.severity.value,
        "level": rule.level.value,
        "canBeLeftOut": rule.excludable,
        "since": rule.since,
        "meaning": rule.meaning,
        "why": explanation.why,
        "message": rule.message,
        "hint": rule.hint,
        "fails": {"name": explanation.fails.name, "text": explanation.fails.shown},
        "passes": {"name": explanation.passes.name, "text": explanation.passes.shown},
    }
