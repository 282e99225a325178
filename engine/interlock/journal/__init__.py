"""Where runs are recorded: the port, its implementations, and what tells whether a journal holds together."""
