"""Charts as SVG inside the page, by pygal: without its script, and with the page's own colours."""

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pygal

# pygal adds an import finder for its maps, and Python 3.11 then warns at every import that fails. The other finder that
# comes with it, for installed packages, has to stay: it replaces Python's own.
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != pygal.__name__]

_WIDTH = 900
_HEIGHT = 320
# For a chart with horizontal bars: the space around them, for a bar alone at its label, and for one of several there.
_AROUND = 60
_ALONE = 34
_OF_SEVERAL = 20
# How much longer than the longest bar the axis is, when the values are written at the ends of the bars.
_FOR_VALUES = 1.1
_LONGEST_LABEL = 32
_MOST_LABELS = 12
_MOST_TICKS = 6
_FONT = "inherit"
_UNWANTED = ("script", "desc", "plot tooltip-overlay")


class Series(NamedTuple):
    """Bars of one colour, named by a variable in page.css; one value for each label.

    `None` is not drawn: a bar of 0 would mean that it took no time.
    """

    name: str
    color: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Bars:
    """A bar chart: bars of several series at each label, stacked unless they are `beside` each other."""

    key: str
    """A name that no other chart of the page has."""
    title: str
    """What it shows, for people who use a screen reader."""
    labels: Sequence[str]
    series: Sequence[Series]
    lying: bool = False
    beside: bool = False
    unit: str = ""
    end: float | None = None
    """Where the axis ends; `None` is a little beyond the largest value."""


def svg(bars: Bars) -> str:
    """The chart as an element `svg`."""
    axis = ticks(bars.end or _largest(bars), whole=not bars.unit)
    chart = _kind(bars)(_config(bars), style=_style(bars), x_labels=_labels(bars), y_labels=axis, range=(0, axis[-1]))
    chart.uuid = bars.key
    for one in bars.series:
        chart.add(one.name, one.values[::-1] if bars.lying else one.values)
    chart.add_xml_filter(lambda root: _quiet(root, bars))
    drawn: str = chart.render(is_unicode=True)
    return drawn


def _kind(bars: Bars) -> Any:
    if bars.lying:
        return pygal.HorizontalBar if bars.beside else pygal.HorizontalStackedBar
    return pygal.Bar if bars.beside else pygal.StackedBar


def _config(bars: Bars) -> Any:
    height = len(bars.labels) * (len(bars.series) * _OF_SEVERAL if bars.beside else _ALONE)
    rotated = not bars.lying and len(bars.labels) > _MOST_LABELS
    return pygal.Config(
        width=_WIDTH,
        height=_AROUND + max(height, 2 * _ALONE) if bars.lying else _HEIGHT,
        js=[],
        print_values=bars.beside,
        print_values_position="top",
        disable_xml_declaration=True,
        show_legend=False,
        margin=10,
        truncate_label=_LONGEST_LABEL,
        x_labels_major_every=-(-len(bars.labels) // _MOST_LABELS) if rotated else None,
        show_minor_x_labels=not rotated,
        value_formatter=lambda value: f"{round(value, 2):,.10g}{bars.unit}",
    )


def _style(bars: Bars) -> Any:
    return pygal.style.Style(
        background="transparent",
        plot_background="transparent",
        foreground="var(--text)",
        foreground_strong="var(--text)",
        foreground_subtle="var(--line)",
        guide_stroke_color="var(--line)",
        major_guide_stroke_color="var(--line)",
        guide_stroke_dasharray="none",
        major_guide_stroke_dasharray="none",
        opacity="1",
        transition="none",
        font_family=_FONT,
        label_font_size=14,
        major_label_font_size=14,
        value_font_size=13,
        value_colors=("var(--text)",) * len(bars.series),
        colors=tuple(f"var(--{one.color})" for one in bars.series),
    )


def _labels(bars: Bars) -> list[str]:
    return list(bars.labels[::-1] if bars.lying else bars.labels)


def _largest(bars: Bars) -> float:
    if bars.beside:
        return _FOR_VALUES * max((value or 0 for one in bars.series for value in one.values), default=0)
    there = ([value or 0 for value in one.values] for one in bars.series)
    return max(map(sum, zip(*there, strict=True)), default=0)


def ticks(largest: float, *, whole: bool) -> list[float]:
    """Round figures from 0 to the first at or beyond the largest value: six at most, and whole numbers if wanted."""
    smallest = 0 if whole else -2
    for exponent in range(smallest, 20):
        for factor in (1, 2, 5):
            step = factor * 10.0**exponent
            if step * (_MOST_TICKS - 1) >= largest:
                number = max(1, math.ceil(largest / step))
                return [round(index * step, 2) for index in range(number + 1)]
    raise ValueError(f"no figures reach {largest}")


def _quiet(root: Any, bars: Bars) -> Any:
    """Add a title to the chart and to each bar, and remove scripts, data for scripts, and comments."""
    for series in _with_class(root, "series"):
        name = bars.series[int(series.get("class").split()[1].removeprefix("serie-"))].name
        for bar in _with_class(series, "bar"):
            told = {desc.get("class"): desc.text for desc in bar.findall("desc")}
            _entitle(bar, f"{told.get('x_label', '')}, {name}: {told.get('value', '')}")
    for parent in list(root.iter()):
        for child in list(parent):
            if not isinstance(child.tag, str) or child.tag in _UNWANTED or child.get("class") in _UNWANTED:
                parent.remove(child)
    root.remove(root.find("title"))
    _entitle(root, bars.title)
    root.set("role", "img")
    return root


def _with_class(parent: Any, name: str) -> Iterator[Any]:
    return (group for group in parent.iter("g") if name in group.get("class", "").split())


def _entitle(node: Any, text: str) -> None:
    """Add the title that a browser shows under the pointer, and that a screen reader reads for a whole chart."""
    title = node.makeelement("title", {})
    title.text = text
    node.insert(0, title)
