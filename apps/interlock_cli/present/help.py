"""What `interlock` says about itself."""

from collections.abc import Mapping

from rich.table import Table
from rich.text import Text

from interlock_cli.present.console import out


def overview(verbs: Mapping[str, Mapping[str, str]]) -> None:
    """Print the verbs by group."""
    console = out()
    console.print(Text.assemble(("interlock", "name"), " VERB ...   agents that keep to what the file says"))
    for group, members in verbs.items():
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 2), pad_edge=False)
        table.add_column(style="route", min_width=11)
        table.add_column()
        for verb, help in members.items():
            table.add_row(f"  {verb}", help)
        console.print(Text(f"\n{group}", style="name"))
        console.print(table)
    console.print(
        Text.assemble(
            ("\nFirst steps", "name"),
            "\n  interlock new desk && cd desk && interlock test && interlock run --input @ticket.json\n",
            ("\n  interlock VERB --help", "route"),
            "   what a verb takes      ",
            ("--version", "route"),
            "   which release this is",
        )
    )
