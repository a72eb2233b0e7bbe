"""News: what a person has not been told yet, after each run, in lines of one sentence or a few.

`gather` says what is to be told to a channel; `remember` keeps that it was, once it was written.
"""

from returnsync.engine.news.digest import VERSION, send_digests
from returnsync.engine.news.gathering import News, gather, remember
from returnsync.engine.news.sending import Send, to_address, to_program
from returnsync.engine.news.wrong import in_one_line, kind_of

__all__ = [
    "VERSION",
    "News",
    "Send",
    "gather",
    "in_one_line",
    "kind_of",
    "remember",
    "send_digests",
    "to_address",
    "to_program",
]
