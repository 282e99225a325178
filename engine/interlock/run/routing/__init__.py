"""Which routes are taken, what they hand over, and where branches meet."""
