"""The run as a whole: its start, its interruption, its end and the undoing of what was done."""
