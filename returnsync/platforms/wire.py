"""The base of every platform's wire models: they accept everything except a wrong type."""

from returnsync.http.records import Record


class Wire(Record):
    """A record as a platform writes it; the types of its fields are in `returnsync.http.fields`.

    Unknown fields are ignored; each field that may be missing or null needs a default. Ids are read as text, however a
    platform writes them on a given day.
    """
