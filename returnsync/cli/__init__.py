"""The command line: thin files, one a command. Start-up counts, so each imports what it needs when it is called."""
