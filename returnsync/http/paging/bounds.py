"""The bounds for listings that a server makes endless or does not give as they were asked for."""

MOST_PAGES = 100_000
"""More pages than any list has: a listing that goes on after these has no end."""


class ListingError(ValueError):
    """The server did not do what was asked (filter, order or page): nothing that was read this way can be trusted."""
