"""The sandbox's own two pages: the counts for a person at `/`, and the same as JSON at `/counts`."""

from __future__ import annotations

import html
from collections import Counter
from typing import TYPE_CHECKING

from returnsync.sandbox import wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from returnsync.sandbox.counts import Counts
    from returnsync.sandbox.faults import Faults

_EFFECT_WORDS = {
    "forecasts": "announcements made",
    "duplicate_forecasts": "of these, second ones with a code in use",
    "updates": "announcements replaced",
    "labels": "labels made",
    "extra_labels": "of these, beyond one per announcement",
    "forbidden": "calls that a sync tool must never make",
}
_ALARMING = frozenset({"duplicate_forecasts", "extra_labels", "forbidden"})

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="refresh" content="2">
<title>returnsync sandbox</title>
<style>
  body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #222; }}
  h1 {{ font-size: 1.3rem; }}
  h2 {{ font-size: 1rem; margin: 1.5rem 0 .3rem; }}
  table {{ border-collapse: collapse; width: 100%; }}
  th, td {{ text-align: left; padding: .2rem .6rem .2rem 0; border-bottom: 1px solid #ddd; }}
  th {{ font-weight: 600; }}
  td:last-child, th:last-child {{ text-align: right; font-variant-numeric: tabular-nums; }}
  .alarm {{ color: #b00020; font-weight: 600; }}
  .quiet {{ color: #666; }}
</style>
</head>
<body>
<h1>returnsync sandbox</h1>
<p class="quiet">Invented data; nothing here reaches a real system. {requests} requests so far. <a
href="/orders">Orders at Monta</a>{mails}</p>
<h2>What they led to</h2>
<table><tr><th>effect</th><th>number</th></tr>{effects}</table>
<h2>Requests</h2>
<table><tr><th>system</th><th>route</th><th>calls</th></tr>{routes}</table>
<h2>Faults fired</h2>
<table><tr><th>route</th><th>kind</th><th>times</th></tr>{faults}</table>
</body>
</html>
"""


class Pages:
    """The pages of the sandbox about itself. Requests for them are not counted."""

    def __init__(self, counts: Counts, faults: Faults, *, with_mail: bool = False) -> None:
        """Show these counts and faults; with `with_mail`, the page links to that of the mails."""
        self._counts = counts
        self._faults = faults
        self._mails = ' · <a href="/mails">Mails to consumers</a>' if with_mail else ""

    def operations(self) -> Sequence[wire.Operation]:
        """Name the two pages."""
        return (
            wire.Operation("page", "GET", "/", self.page),
            wire.Operation("counts", "GET", "/counts", self.counts),
        )

    def page(self, _call: wire.Call) -> wire.Answer:
        """Show the counts to a person; the page loads itself again."""
        counts = self._counts.as_dict()
        effects = "".join(
            _row((_EFFECT_WORDS.get(name, name), number), "alarm" if number and name in _ALARMING else "")
            for name, number in counts["effects"].items()
        )
        routes = "".join(_row((route.partition(".")[0], route, calls)) for route, calls in counts["routes"].items())
        fired = Counter((fault.route, fault.kind) for fault in self._faults.fired)
        faults = "".join(_row((route, kind, times)) for (route, kind), times in sorted(fired.items()))
        nothing = _row(("nothing yet",), "quiet")
        text = _PAGE.format(
            requests=counts["requests"],
            mails=self._mails,
            effects=effects,
            routes=routes or nothing,
            faults=faults or nothing,
        )
        return wire.Answer(200, text.encode(), wire.HTML)

    def counts(self, _call: wire.Call) -> wire.Answer:
        """Give the counts, and the faults that fired, as JSON."""
        fired = [fault._asdict() for fault in self._faults.fired]
        return wire.json_answer({**self._counts.as_dict(), "faults_fired": fired})


def _row(cells: Iterable[object], css_class: str = "") -> str:
    opening = f'<tr class="{css_class}">' if css_class else "<tr>"
    return opening + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in cells) + "</tr>"
