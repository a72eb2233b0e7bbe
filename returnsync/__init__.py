"""returnsync: takes approved consumer returns to the warehouse, announced once and labelled once."""

__version__ = "0.1.0"
