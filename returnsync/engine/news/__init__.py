"""News: what was not reported to a person yet, after each run, in lines of one or a few sentences.

`gather` gives the lines for a channel; `remember` saves that they were reported, once they were written.
"""

from returnsync.engine.news.digest import VERSION, send_digests
from returnsync.engine.news.gathering import News, gather, remember
from returnsync.engine.news.sending import Send, to_address, to_program
from returnsync.engine.news.wrong import in_one_line, kind_of, name_of_heartbeat

__all__ = [
    "VERSION",
    "News",
    "Send",
    "gather",
    "in_one_line",
    "kind_of",
    "name_of_heartbeat",
    "remember",
    "send_digests",
    "to_address",
    "to_program",
]
