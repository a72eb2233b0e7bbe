"""The page of a report: one HTML document that needs nothing from outside and runs nothing.

Its charts are drawn by pygal, an optional part; whoever imports this has to be ready for an `ImportError`.
"""

from returnsync.cli.page.document import MARK, page_of

__all__ = ["MARK", "page_of"]
