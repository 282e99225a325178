"""Runs, rehearsed while a file is checked: what the values of a witness lead to, told as the lines of a test."""
