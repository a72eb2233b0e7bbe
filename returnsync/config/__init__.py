"""The configuration: the settings, the place of the file, and the line of each error in it."""
