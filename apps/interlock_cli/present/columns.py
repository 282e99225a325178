"""Rows of equal columns, of which the last takes what room is left."""

from collections.abc import Iterator, Sequence

from rich.text import Text

GAP = "  "


def columns(rows: Sequence[Sequence[Text]], width: int) -> Iterator[Text]:
    """Yield each row as one line of at most `width` cells; only the last column is ever cut."""
    widths = [max(row[index].cell_len for row in rows) for index in range(len(rows[0]) - 1)]
    for row in rows:
        line = Text()
        for cell, wide in zip(row[:-1], widths, strict=True):
            line.append_text(cell).append(" " * (wide - cell.cell_len) + GAP)
        line.append_text(row[-1])
        line.truncate(max(width, line.cell_len - row[-1].cell_len), overflow="ellipsis")
        line.rstrip()
        yield line
