"""What every platform's wire models have in common: tolerant of everything but a wrong type."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Wire(BaseModel):
    """A record as a platform writes it.

    Fields that we do not know are ignored; give each that may be missing or null a default. Ids are read as text,
    however a platform writes them on a given day.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="ignore", defer_build=True, coerce_numbers_to_str=True)
