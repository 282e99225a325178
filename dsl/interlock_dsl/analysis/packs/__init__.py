"""Packs of rules: how they are used, and what their rules become."""
