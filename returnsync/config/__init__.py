"""The configuration: the settings, where they are read from, and where an error stands."""
