"""The timeline of one person as inline SVG: a lane a field, a bar from one change to the next.

Words stand in a bar only where they fit; the table of periods below has them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from orgport.history.periods import OPEN_END, Period, Value

_LEFT, _RIGHT, _TOP, _LANE, _BAR = 164, 940, 48, 40, 20
_LETTER = 6.6  # about the width of one, in pixels
_MOST_YEARS = 12  # named on the axis
_NAME = 22  # letters of a field's name that fit on a line; the table has the rest of a long one
_FLAG = 132


@dataclass(frozen=True, slots=True)
class Bar:
    """A value of a field from one day until, but not on, another."""

    start: date
    end: date
    value: Value

    @property
    def words(self) -> str:
        """The value as it stands in the bar: of an address what stands before the @."""
        return str(self.value).partition("@")[0]

    def holds_on(self, day: date) -> bool:
        """Whether it is the value in force on a day."""
        return self.start <= day < self.end


def bars(periods: Sequence[Period], field: str) -> list[Bar]:
    """The values of a field in order; neighbours of one value are one bar, blanks are none."""
    found: list[Bar] = []
    for period in periods:
        value = period.values.get(field)
        if value is None:
            continue
        last = found[-1] if found else None
        if last is not None and last.end == period.start and last.value == value:
            found[-1] = Bar(last.start, period.end, value)
        else:
            found.append(Bar(period.start, period.end, value))
    return found


def timeline(periods: Sequence[Period], *, as_of: date) -> SafeString:
    """The whole picture; empty for a person without a period."""
    fields = list(dict.fromkeys(name for period in periods for name in period.values))
    lanes = [(name, found) for name in fields if (found := bars(periods, name))]
    if not periods or not lanes:
        return SafeString("")
    scale = _Scale.of(periods, as_of)
    height = _TOP + _LANE * len(lanes) + 8
    drawn = format_html_join(
        "",
        "{}",
        ((_lane(name, found, index, scale, as_of),) for index, (name, found) in enumerate(lanes)),
    )
    return format_html(
        '<svg class="timeline" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}{}</svg>{}',
        _RIGHT + 20,
        height,
        f"Timeline of {len(lanes)} {'field' if len(lanes) == 1 else 'fields'}; "
        "the table of periods below says the same.",
        _years(scale, height, as_of),
        drawn,
        _flag(scale, as_of, height),
        _names(lanes, as_of),
    )


def _names(lanes: Sequence[tuple[str, Sequence[Bar]]], as_of: date) -> SafeString:
    """The names of the lanes once more, to stay in sight where the picture scrolls sideways.

    Each has the value in force: the words in its bar may be scrolled out of sight.
    """
    said = (
        " · ".join([name, *(bar.words for bar in found if bar.holds_on(as_of))])
        for name, found in lanes
    )
    lines = format_html_join("", "<li><span>{}</span></li>", ((words,) for words in said))
    return format_html('<ol class="lanes" aria-hidden="true">{}</ol>', lines)


@dataclass(frozen=True, slots=True)
class _Scale:
    first: date
    last: date

    @classmethod
    def of(cls, periods: Sequence[Period], as_of: date) -> _Scale:
        first = min(periods[0].start, as_of)
        last = max(periods[-1].start, as_of)
        days = max(60, (last - first).days // 8)  # so that what is open can be seen to go on
        return cls(first, min(OPEN_END, last + timedelta(days=days)) if last.year < 9990 else last)

    def x(self, day: date) -> float:
        share = (day - self.first).days / max(1, (self.last - self.first).days)
        return round(_LEFT + (_RIGHT - _LEFT) * max(0.0, min(1.0, share)), 1)


def _lane(name: str, found: Sequence[Bar], index: int, scale: _Scale, as_of: date) -> SafeString:
    y = _TOP + _LANE * index
    pieces = format_html_join("", "{}", ((_bar(bar, y, scale, as_of),) for bar in found))
    first = y + (14 if len(name) <= _NAME else 7)
    lines = format_html_join(
        "",
        '<tspan x="0" y="{}">{}</tspan>',
        ((first + 14 * at, name[_NAME * at : _NAME * (at + 1)]) for at in range(2)),
    )
    return format_html('<text class="lane">{}</text>{}', lines, pieces)


def _bar(bar: Bar, y: int, scale: _Scale, as_of: date) -> SafeString:
    left, right = scale.x(bar.start), max(scale.x(bar.end), scale.x(bar.start) + 2)
    family = "holds" if bar.holds_on(as_of) else "held"
    if bar.end == OPEN_END:
        path = f"M{left} {y}H{right - 8}l8 {_BAR / 2}l-8 {_BAR / 2}H{left}Z"
    else:
        path = f"M{left} {y}H{right - 2}V{y + _BAR}H{left}Z"
    words = ""
    if len(bar.words) * _LETTER + 16 <= right - left:
        kind = "now" if family == "holds" else "then"
        words = format_html(
            '<text class="{}" x="{}" y="{}">{}</text>', kind, left + 8, y + 14, bar.words
        )
    return format_html('<path class="{}" d="{}"/>{}', family, path, words)


def _years(scale: _Scale, height: int, as_of: date) -> SafeString:
    years = range(scale.first.year + 1, scale.last.year + 1)
    step = max(1, -(-len(years) // _MOST_YEARS))
    lines = ((scale.x(date(year, 1, 1)), year) for year in years if year % step == 0)
    flag = _flag_middle(scale, as_of)
    return format_html_join(
        "",
        '<path class="year" d="M{} 30V{}"/><text class="tick" x="{}" y="20">{}</text>',
        ((x, height, x, year if abs(x - flag) > _FLAG / 2 + 16 else "") for x, year in lines),
    )


def _flag_middle(scale: _Scale, as_of: date) -> float:
    return min(max(scale.x(as_of), _LEFT + _FLAG / 2), _RIGHT + 20 - _FLAG / 2)


def _flag(scale: _Scale, as_of: date, height: int) -> SafeString:
    x = scale.x(as_of)
    middle = _flag_middle(scale, as_of)
    return format_html(
        '<path class="as-of" d="M{0} 24V{1}"/><rect class="flag" x="{2}" y="4" width="{5}" '
        'height="22" rx="4"/><text class="flag-text" x="{3}" y="19">as of {4}</text>',
        x,
        height,
        middle - _FLAG / 2,
        middle,
        f"{as_of.day} {as_of:%b %Y}",
        _FLAG,
    )
