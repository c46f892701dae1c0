"""What `make bench` measured, as a table on the terminal and as a page with a chart for the docs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

from measure import Measured

MIB_IN_A_GIB = 1024


@dataclass(frozen=True, slots=True)
class Row:
    """One measured thing; `ratio` is its wall time over that of the section's yardstick."""

    what: str
    measured: Measured
    ratio: float
    bound: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Things measured in one run against one yardstick."""

    title: str
    about: str
    yardstick: str
    rows: tuple[Row, ...]


def printed(section: Section) -> str:
    """The section for a terminal."""
    lines = [f"\n{section.title}", f"  ratio: {section.yardstick}"]
    lines += [
        f"  {row.what:<52}{row.measured.wall_seconds:9.2f} s{row.measured.cpu_seconds:9.2f} CPU s"
        f"{row.measured.peak_mib:7.0f} MiB{row.ratio:8.2f} x   {row.bound}"
        for row in section.rows
    ]
    return "\n".join(lines)


def page(sections: Sequence[Section]) -> str:
    """The sections as a page of the docs; the words around the figures are those of this module."""
    cores, today = os.cpu_count(), datetime.now(UTC)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    lines = [
        "# Performance",
        "",
        "Written by `make bench`. Every ratio compares two things measured in the same run on the same",
        f"machine; this one had {cores} cores and {memory:.0f} GiB of memory ({today:%d %B %Y}).",
        "Seconds are those of whole processes, their start included, unless a section says otherwise;",
        "files lie in the page cache.",
        "",
    ]
    for section in sections:
        lines += [f"## {section.title}", "", section.about, ""]
        lines += [f"| what | wall s | CPU s | peak MiB | {section.yardstick} | aim |"]
        lines += ["| --- | ---: | ---: | ---: | ---: | --- |"]
        lines += [
            f"| {row.what} | {row.measured.wall_seconds:.2f} | {row.measured.cpu_seconds:.2f} "
            f"| {row.measured.peak_mib:.0f} | {row.ratio:.2f} x | {row.bound} |"
            for row in section.rows
        ]
        lines.append("")
    return "\n".join(lines)


def chart(section: Section) -> str:
    """Horizontal bars of the section's wall seconds, as SVG that reads on light and dark ground."""
    bar, gap, left, width, right = 22, 10, 330, 420, 110
    height = 40 + len(section.rows) * (bar + gap)
    longest = max(row.measured.wall_seconds for row in section.rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + right} {height}" '
        f'role="img" aria-label="{escape(section.title)}: seconds, less is better" '
        'font-family="system-ui, sans-serif" font-size="13">',
        "<style>text{fill:#0f262c}rect{fill:#74888d}.own{fill:#0b6874}"
        "@media(prefers-color-scheme:dark){text{fill:#e6f0f1}.own{fill:#53bbc6}}</style>",
        f'<text x="0" y="18" font-weight="600">{escape(section.title)}, seconds</text>',
    ]
    for number, row in enumerate(section.rows):
        y = 34 + number * (bar + gap)
        length = max(2.0, width * row.measured.wall_seconds / longest)
        own = ' class="own"' if "orgport" in row.what else ""
        parts += [
            f'<text x="{left - 10}" y="{y + 16}" text-anchor="end">{escape(row.what)}</text>',
            f'<rect x="{left}" y="{y}" width="{length:.1f}" height="{bar}" rx="3"{own}/>',
            f'<text x="{left + length + 8:.1f}" y="{y + 16}">'
            f"{row.measured.wall_seconds:.2f} s, {row.ratio:.1f} x</text>",
        ]
    return "\n".join([*parts, "</svg>", ""])


def write_docs(sections: Sequence[Section], folder: Path, *, charted: str) -> None:
    """Write the page, and the chart of the section with the title `charted`."""
    for section in sections:
        if section.title == charted:
            (folder / "performance.svg").write_text(chart(section))
    text = page(sections)
    heading = f"## {charted}\n"
    text = text.replace(heading, f"{heading}\n![{charted}](performance.svg)\n")
    (folder / "performance.md").write_text(text)
