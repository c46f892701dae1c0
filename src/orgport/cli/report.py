"""A verdict for people and for programs: findings grouped by rule and column, never a dump."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any

from orgport.cli.judging import Judged
from orgport.cli.terminal import STYLES, out, tell
from orgport.finding import Severity
from orgport.validation.correction import correction_file
from orgport.validation.errorlog import error_log_csv, log_entries
from orgport.validation.spool import read_findings
from orgport.validation.verdict import RuleCount, Verdict

_EXAMPLES = 3
_MOST_CURES = 10
_MOST_FINDINGS = 10_000  # of a JSON document; the error log has them all


def as_document(verdict: Verdict) -> dict[str, Any]:
    """The verdict as one JSON document, findings with the keys of the error log."""
    severities = {severity.value: verdict.count_of(severity) for severity in Severity}
    return {
        "verdict": "accepted" if verdict.accepted else "rejected",
        "ruleSet": verdict.rule_set,
        "refresh": verdict.refresh.value if verdict.refresh else None,
        "rows": {
            "read": verdict.rows_read,
            "accepted": verdict.rows_accepted,
            "excluded": verdict.rows_excluded,
            "failed": verdict.rows_failed,
        },
        "counts": {
            "bySeverity": severities,
            "byCode": [
                {
                    "code": count.code,
                    "severity": count.severity.value,
                    "column": count.header,
                    "field": count.field,
                    "count": count.count,
                }
                for count in verdict.counts
            ],
        },
        "causes": [
            {
                "code": cause["code"],
                "column": cause["header"],
                "field": cause["field"],
                "count": cause["count"],
                "resolved": cause["resolved"],
                "cure": cause["cure"],
                "change": cause["change"],
                "find": cause["find"],
                "put": cause["put"],
            }
            for cause in verdict.summary["causes"]
        ],
        "notJudged": list(verdict.not_judged),
        "loops": verdict.summary.get("loops", []),
        "findings": log_entries(verdict.findings, limit=_MOST_FINDINGS),
    }


def changes_document(judged: Judged) -> dict[str, Any]:
    """What the package would change, under `preview`; nothing where no stored data is known."""
    if judged.proposal is None:
        return {}
    from orgport.imports.documents import preview_document

    return {"preview": preview_document(judged.proposal)}


def print_verdict(verdict: Verdict, *, name: str) -> None:
    """The verdict in a screenful: the outcome, the rows, and each cause with its first places."""
    word, style = ("accepted", "bold green") if verdict.accepted else ("rejected", "bold red")
    out.print(f"[{style}]{word}[/]  ", end="")
    kind = f", {verdict.refresh.value} refresh" if verdict.refresh else ""
    out.print(f"{name}{kind}, rule set {verdict.rule_set}", markup=False)
    out.print(
        f"rows: {verdict.rows_read:,} read, {verdict.rows_accepted:,} accepted, "
        f"{verdict.rows_excluded:,} left out, {verdict.rows_failed:,} failed"
    )
    _print_cures(verdict)
    order = list(Severity)
    counts = sorted(verdict.counts, key=lambda c: (order.index(c.severity), -c.count))
    for count in counts:
        _print_cause(verdict, count)
    if verdict.counts:
        out.print("\nWhat a code means: orgport explain CODE", style="dim", markup=False)
    if verdict.not_judged:
        out.print()
        tell(
            f"Not judged without the stored data: {', '.join(verdict.not_judged)}. "
            "Give it with --against.",
            style="dim",
        )


def write_error_log(verdict: Verdict, path: Path) -> None:
    """Write the error log as csv."""
    _write(path, error_log_csv(verdict.findings))


def write_correction_file(judged: Judged, path: Path) -> bool:
    """Write the failed rows as csv, to be mended, and say whether there is any; none of what has no rows."""
    if judged.package is None:
        return False
    chunks = correction_file(judged.package, judged.verdict.findings)
    header, first = next(chunks), next(chunks, "")
    _write(path, chain((header, first), chunks))
    return bool(first)


def _print_cures(verdict: Verdict) -> None:
    """What one change would mend, before the findings one by one."""
    causes = verdict.summary["causes"]
    if causes:
        out.print("\n[bold]One change mends many[/]")
    for cause in causes[:_MOST_CURES]:
        out.print(f"  {cause['cure']}", markup=False)


def _print_cause(verdict: Verdict, count: RuleCount) -> None:
    where = f"  {count.header}" if count.header else ""
    out.print()
    out.print(f"[{STYLES[count.severity]}]{count.severity.value}[/]  ", end="")
    out.print(f"{count.code}{where}  {count.count:,}", markup=False)
    shown = read_findings(verdict.findings, code=count.code, column=count.column, limit=_EXAMPLES)
    for finding, following in zip(shown, [*shown[1:], None], strict=True):
        tell(finding.message, indent=2)
        if finding.hint and (following is None or following.hint != finding.hint):
            tell(finding.hint, indent=2, style="dim")
    if count.count > len(shown):
        out.print(f"  … and {count.count - len(shown):,} more", style="dim")


def _write(path: Path, chunks: Any) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(chunks)
