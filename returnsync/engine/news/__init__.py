"""News: what a person has not been told yet, after each run, in lines of one sentence or a few.

`gather` says what is to be told to a channel; `remember` keeps that it was, once it was written.
"""

from returnsync.engine.news.gathering import News, gather, remember
from returnsync.engine.news.wrong import in_one_line, kind_of

__all__ = ["News", "gather", "in_one_line", "kind_of", "remember"]
