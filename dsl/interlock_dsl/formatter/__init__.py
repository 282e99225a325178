"""The layout of each declaration, as lines that know where they came from; `format` puts them on a page."""
