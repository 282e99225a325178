"""Workflows as they are written: their graph, what leads back, what runs at once, what has been written where."""
