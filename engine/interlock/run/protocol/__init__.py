"""What goes into the machine and what comes out: events, commands, notes."""
