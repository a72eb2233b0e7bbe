"""The page of a report: one HTML document that loads nothing from outside and runs no scripts.

Its charts are drawn by pygal, which is optional: importing this may raise an `ImportError`.
"""

from returnsync.cli.page.document import MARK, page_of

__all__ = ["MARK", "page_of"]
