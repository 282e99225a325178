"""A program as the rules of lint see it: what they ask, what they show, and what an author allows."""
