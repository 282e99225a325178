"""`interlock ledger`: what is used of limits that hold beyond one run."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from interlock_cli.exit_codes import ExitCode
from interlock_cli.options import journal, output_format, project
from interlock_cli.run_options import Format

if TYPE_CHECKING:
    from interlock.decide import Claim
    from interlock.run.breakers import BreakerState


@click.command()
@click.option("--rebuild", is_flag=True, help="Make the ledger again from the runs of the journal first.")
@click.option("--prune", is_flag=True, help="Forget what no limit's window reaches any more.")
@output_format(Format, default=Format.HUMAN)
@project
@journal
def verb(*, rebuild: bool, prune: bool, format: Format, project: Path | None, journal: Path | None) -> int:
    """List what is used of limits and rates that count beyond one run: whose it is, how much, in what time; and which
    breakers of tools are open.

    `verify` says whether the ledger is what the runs hold. Make it again, or prune it, while nothing runs.
    """
    import time

    from interlock.runtime.ledger import rebuild_ledger, used
    from interlock_cli.journal import open_journal
    from interlock_cli.project import find

    opened = open_journal(find(project), journal, readonly=not (rebuild or prune))
    if rebuild:
        rebuild_ledger(opened)
    if prune:
        opened.prune_ledger()
    now = time.time_ns() // 1000
    found = used(opened.held(), now)
    if format is Format.JSON:
        from interlock_cli.formats.ledger_models import LedgerLineJson
        from interlock_cli.present.output import json_text, write
        from interlock_cli.present.quantity import instant

        write(
            json_text(
                [
                    LedgerLineJson(
                        rule=claim.rule, limit=claim.limit, key=claim.key, used=sum_, most=claim.most,
                        period=claim.period, since=instant(since),
                    )
                    for claim, sum_, since in found
                ]
            )
        )  # fmt: skip
    else:
        _table(found, now)
        _breakers(opened.breakers(), now)
    return ExitCode.CLEAN


def _table(used: "Sequence[tuple[Claim, int, int]]", now: int) -> None:
    from rich.text import Text

    from interlock_cli.present.columns import columns
    from interlock_cli.present.console import out
    from interlock_cli.present.escape import escape
    from interlock_cli.present.quantity import ago, duration

    if not used:
        out().print(Text("nothing is used of any limit or rate that counts beyond one run", "quiet"))
        return
    rows = [[Text(title, "quiet") for title in ("limit", "for", "used", "within", "since")]]
    for claim, sum_, since in used:
        key = "everybody" if claim.key == "[]" else escape(claim.key[1:-1])
        rows.append(
            [
                Text(claim.rule, "name"),
                Text(key),
                Text(f"{sum_:,} of {claim.most:,}", "bad" if sum_ >= claim.most else ""),
                Text(duration(claim.period)),
                Text(ago(since, now), "quiet"),
            ]
        )
    for row in columns(rows, out().width):
        out().print(row, no_wrap=True, overflow="ellipsis")


def _breakers(states: "Mapping[str, BreakerState]", now: int) -> None:
    """Print which breakers are open, and what counts against those that are not."""
    from rich.text import Text

    from interlock_cli.present.console import out
    from interlock_cli.present.quantity import ago, count

    for tool, state in states.items():
        if state.opened is not None:
            said = Text.assemble((tool, "name"), ": its breaker is ", ("open", "bad"))
            out().print(said.append(f", since {ago(state.opened, now)}", "quiet"), soft_wrap=True)
        elif state.failures:
            counted = count(len(state.failures), "failure")
            said = Text.assemble((tool, "name"), (f": its breaker is closed; {counted} counted", "quiet"))
            out().print(said, soft_wrap=True)
