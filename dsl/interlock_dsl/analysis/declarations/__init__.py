"""Declarations one by one: tools, tables, policies."""
