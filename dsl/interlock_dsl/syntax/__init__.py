"""The syntax of a file: its tree, the grammar, the parser, and what is said of text that does not fit."""
