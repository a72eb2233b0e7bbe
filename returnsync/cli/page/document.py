"""The page as a whole: head, total figures, and the sections."""

from pathlib import Path

from returnsync import __version__
from returnsync.cli.page import markup, sections
from returnsync.cli.page.charts import svg
from returnsync.cli.page.sections import Section
from returnsync.engine.ask import Report

MARK = '<meta name="generator" content="returnsync'
"""A page of ours is recognised by this text near its beginning."""

_STYLE = Path(__file__).with_name("page.css")

# Nothing is loaded and no script runs, whatever text is on the page.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page_of(report: Report) -> str:
    """The page."""
    head = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'{MARK} {__version__}">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="robots" content="noindex">\n'
        f"<title>Returns, {markup.shown(sections.moment(report.made))}</title>\n"
        f"<style>\n{_STYLE.read_text(encoding='utf-8')}</style>\n</head>\n"
    )
    body = [_beginning(report), *map(_section, sections.sections(report))]
    return f"{head}<body>\n<main>\n{''.join(body)}</main>\n</body>\n</html>\n"


def _beginning(report: Report) -> str:
    covered = report.covered
    of = f"Sources: {', '.join(covered.sources)}." if covered.sources else "All sources."
    zone = f"Days and times are in the time zone of the machine that made this page, {sections.zone(report.made)}."
    span = f"Returns created from {sections.moment(covered.since)} to {sections.moment(covered.until or report.made)}."
    said = [
        "<header><h1>Returns</h1>",
        markup.paragraph(f"As of {sections.moment(report.made)}. {span} {of} {zone}"),
    ]
    if report.is_new:
        said.append(markup.paragraph("No return is known yet. Returns are read by: `returnsync run`"))
    tiles = "".join(
        f'<div><dt><span style="background:var(--{color})"></span>{markup.shown(name)}</dt>'
        f"<dd>{markup.number(number)}</dd></div>"
        for name, color, number in sections.totals(report)
    )
    return "\n".join([*said, f"<dl>{tiles}</dl>" if tiles else "", "</header>\n"])


def _section(section: Section) -> str:
    drawn = []
    if section.bars is not None:
        key = markup.legend((one.name, one.color) for one in section.bars.series) if section.has_legend else ""
        drawn.append(f'<figure>{key}<div class="chart">{svg(section.bars)}</div></figure>')
    tables = [markup.table(table) for table in section.tables]
    said = [markup.paragraph(text) for text in section.says]
    more = [markup.paragraph(text, "more") for text in section.more]
    title = f"<h2>{markup.shown(section.title)}</h2>"
    return "\n".join(["<section>", title, *said, *drawn, *tables, *more, "</section>\n"])
