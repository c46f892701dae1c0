"""Charts as inline SVG: values in, markup out. Classes carry colour, attributes carry geometry."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi, sin

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

_SIZE = 148
_RING = 18
_GAP = 2.5  # pixels between two parts of the ring, measured at its middle
_HATCH = mark_safe(
    '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect class="hatch-ground" width="6" height="6"/>'
    '<path class="hatch-line" d="M1.5 0v6"/></pattern></defs>'
)
_DIVERGING = 280  # width of a diverging bar with its labels
_LABEL = 64  # room for the words at either end
_LOSS_HATCH = mark_safe(
    '<defs><pattern id="loss" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect class="loss-ground" width="6" height="6"/>'
    '<path class="loss-line" d="M1.5 0v6"/></pattern></defs>'
)


def bar(share: float, *, family: str) -> SafeString:
    """A bar of 6 px that is filled to `share`, 0 to 1; the words beside it say the number."""
    width = round(max(0.0, min(1.0, share)) * 100, 1)
    return format_html(
        '<svg class="bar" aria-hidden="true" focusable="false">'
        '<rect class="ground" width="100%" height="6" rx="3"/>'
        '<rect class="{}" width="{}%" height="6" rx="3"/></svg>',
        family,
        width,
    )


def donut(available: int, low_quality: int, missing: int) -> SafeString:
    """Insights as parts of a ring: available plain, low quality hatched, missing outlined."""
    total = available + low_quality + missing
    if not total:
        return empty_donut()
    parts = [("available", available), ("low", low_quality), ("missing", missing)]
    shown = [(name, count) for name, count in parts if count]
    arcs, start = [], 0.0
    for name, count in shown:
        end = start + count / total
        arcs.append((name, _arc(start, end, alone=len(shown) == 1)))
        start = end
    paths = format_html_join(
        "",
        '<path class="{}" d="{}"{}/>',
        (
            (name, path, mark_safe(' fill="url(#hatch)"') if name == "low" else "")
            for name, path in arcs
        ),
    )
    share = int(100 * available / total)
    sentence = (
        f"{available} of {total} insights are available, {low_quality} have low quality, "
        f"{missing} are missing."
    )
    return format_html(
        '<svg width="{0}" height="{0}" viewBox="0 0 {0} {0}" role="img" aria-label="{1}">{2}{3}'
        '<text x="{4}" y="{5}">{6}%</text><text class="under" x="{4}" y="{7}">available</text></svg>',
        _SIZE,
        sentence,
        _HATCH,
        paths,
        _SIZE // 2,
        _SIZE // 2 + 6,
        share,
        _SIZE // 2 + 24,
    )


def diverging(out: int, come: int, *, scale: int) -> SafeString:
    """How many go, to the left and hatched, and how many come, to the right; `scale` is the longest bar."""
    middle, most, height = _DIVERGING / 2, _DIVERGING / 2 - _LABEL, 12
    left, right = (_length(count, scale, most) for count in (out, come))
    return format_html(
        '<svg class="diverging" viewBox="0 0 {0} 20" role="img" aria-label="{1} out, {2} in">'
        "{3}{4}{5}"
        '<line class="zero" x1="{6}" y1="0" x2="{6}" y2="20"/></svg>',
        _DIVERGING,
        f"{out:,}",
        f"{come:,}",
        _LOSS_HATCH,
        _labelled(
            "loss-edge", middle - left, left, middle - left - 6, "end", f"\u2212{out:,}", height
        )
        if out
        else "",
        _labelled("gain", middle, right, middle + right + 6, "start", f"+{come:,}", height)
        if come
        else "",
        middle,
    )


def key(name: str) -> SafeString:
    """The small square of a legend: loss hatched, gain plain."""
    return format_html(
        '<svg width="12" height="12" aria-hidden="true" focusable="false">{}'
        '<rect class="{}" x=".5" y=".5" width="11" height="11" rx="2"/></svg>',
        _LOSS_HATCH if name == "loss" else "",
        "loss-edge" if name == "loss" else "gain",
    )


def _labelled(
    family: str, x: float, width: float, label_x: float, anchor: str, label: str, height: int
) -> SafeString:
    return format_html(
        '<rect class="{}" x="{}" y="4" width="{}" height="{}" rx="2"/>'
        '<text x="{}" y="14" text-anchor="{}">{}</text>',
        family,
        round(x, 1),
        round(width, 1),
        height,
        round(label_x, 1),
        anchor,
        label,
    )


def _length(count: int, scale: int, most: float) -> float:
    return max(1.0, most * count / scale) if count and scale else 0.0


def sparkline(shares: Sequence[float], *, sentence: str) -> SafeString:
    """Shares from 0 to 1 as a line from the oldest to the newest, whole scale, a dot at the end."""
    width, height, edge = 240, 48, 4
    step = (width - 2 * edge) / max(1, len(shares) - 1)
    points = [
        (round(edge + step * at, 1), round(height - edge - (height - 2 * edge) * share, 1))
        for at, share in enumerate(shares)
    ]
    path = "M" + "L".join(f"{x} {y}" for x, y in points) if points else ""
    x, y = points[-1] if points else (edge, height - edge)
    return format_html(
        '<svg class="sparkline" viewBox="0 0 {0} {1}" role="img" aria-label="{2}">'
        '<path class="frame" d="M{3} {3}H{4}M{3} {5}H{4}"/><path class="line" d="{6}"/>'
        '<circle class="last" cx="{7}" cy="{8}" r="3"/></svg>',
        width,
        height,
        sentence,
        edge,
        width - edge,
        height - edge,
        path,
        x,
        y,
    )


def empty_donut() -> SafeString:
    """Two dashed circles: there is nothing to divide yet."""
    return mark_safe(
        '<svg width="64" height="64" viewBox="0 0 64 64" aria-hidden="true" focusable="false">'
        '<circle class="none" cx="32" cy="32" r="31"/><circle class="none" cx="32" cy="32" r="20"/>'
        "</svg>"
    )


def _arc(start: float, end: float, *, alone: bool) -> str:
    """The outline of a part of the ring between two turns, clockwise from the top."""
    outer = _SIZE / 2 - 1
    inner = outer - _RING
    if alone:
        return _circle(outer) + _circle(inner, clockwise=False)
    pad = _GAP / (outer + inner) / (2 * pi)
    start, end = start + pad, max(start + pad, end - pad)
    large = int(end - start > 0.5)
    corners = [
        _point(turn, radius)
        for turn, radius in ((start, outer), (end, outer), (end, inner), (start, inner))
    ]
    return (
        f"M{corners[0]}A{outer} {outer} 0 {large} 1 {corners[1]}"
        f"L{corners[2]}A{inner} {inner} 0 {large} 0 {corners[3]}Z"
    )


def _circle(radius: float, *, clockwise: bool = True) -> str:
    top, bottom = _point(0, radius), _point(0.5, radius)
    sweep = int(clockwise)
    return f"M{top}A{radius} {radius} 0 1 {sweep} {bottom}A{radius} {radius} 0 1 {sweep} {top}Z"


def _point(turn: float, radius: float) -> str:
    angle = 2 * pi * turn
    middle = _SIZE / 2
    return f"{middle + radius * sin(angle):.2f} {middle - radius * cos(angle):.2f}"
