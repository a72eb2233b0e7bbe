"""The command line: one thin file for each command. For a fast start, each imports what it needs when it is called."""
