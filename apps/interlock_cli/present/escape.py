"""The escaping of diagnostics for all other output, loaded only where a text needs it: most are plain ASCII."""


def escape(text: str, keep: str = "") -> str:
    """Return `text` with every character that cannot be seen escaped, as `interlock_dsl.diagnostics.escape` does."""
    if text.isascii() and "".join(text.split("\n") if "\n" in keep else (text,)).isprintable():
        return text
    from interlock_dsl.diagnostics.escape import escape as escape_hidden

    return escape_hidden(text, keep)
