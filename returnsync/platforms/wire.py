"""What every platform's wire models have in common: tolerant of everything but a wrong type."""

from returnsync.http.records import Record


class Wire(Record):
    """A record as a platform writes it; the types of its fields are in `returnsync.http.fields`.

    Fields that we do not know are ignored; give each that may be missing or null a default. Ids are read as text,
    however a platform writes them on a given day.
    """
