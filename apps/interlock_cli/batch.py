"""`interlock decide --batch`: calls to decide on as JSON lines, and for each of them one JSON line that answers it."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from interlock.decide import Principal
from interlock.errors import InterlockError
from interlock_cli.deciding import Asked, Decider
from interlock_cli.documents import json_document
from interlock_cli.errors import CommandError, did_you_mean
from interlock_cli.exit_codes import ExitCode
from interlock_cli.moments import moment
from interlock_cli.principals import known_scopes
from interlock_cli.text_files import MOST_DATA
from interlock_dsl.schema import json_value

if TYPE_CHECKING:
    from interlock_dsl.program.model import Program


class Who(BaseModel):
    """On whose behalf a call is made; without `scopes` they hold every scope."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = ""
    roles: list[str] = []
    scopes: list[str] | None = None


class Line(BaseModel):
    """One call to decide on. What a line leaves out is as the command line says.

    Lines with the same `session` are calls of one session, one after the other; without it, lines on behalf of the same
    principal in the same context are. `now` is a moment with its offset, such as `2026-11-20T14:03:09Z`.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    tool: str
    args: object = Field(default_factory=dict)
    agent: str | None = None
    principal: str | Who | None = None
    context: dict[str, object] | None = None
    session: str = ""
    key: str | None = None
    now: str | None = None


def decide_all(lines: Iterable[bytes | None], decider: Decider, program: "Program", otherwise: Asked) -> int:
    """Write the decision record of each line, or why it cannot be decided on, and return the exit code.

    `otherwise` says what a line leaves out. An empty line is passed over; one that is None was too long to be read.
    """
    code = ExitCode.CLEAN
    for number, content in enumerate(lines, 1):
        if content is not None and not content.strip():
            continue
        try:
            decision = decider.decide(_asked(content, f"line {number}", program, otherwise))
            answer: object = decision.record()
        except (CommandError, InterlockError) as problem:
            help = problem.help if isinstance(problem, CommandError) else ""
            answer = {"line": number, "error": str(problem)} | ({"help": help} if help else {})
            code = ExitCode.ERROR
        else:
            if not decision and code is ExitCode.CLEAN:
                code = ExitCode.FINDINGS
        _write(answer)
    return code


def lines_of(source: str) -> Iterator[bytes | None]:
    """Yield the lines of a file, or of standard input (`-`) as they come; None for one that is too long.

    Raises CommandError for a file that cannot be read.
    """
    if source == "-":
        yield from _lines(sys.stdin.buffer)
        return
    try:
        with Path(source).open("rb") as file:
            yield from _lines(file)
    except OSError as error:
        said = error.strerror or str(error)
        raise CommandError(f"cannot read `{source}`: {said[:1].lower()}{said[1:]}") from error


def _lines(stream: BinaryIO) -> Iterator[bytes | None]:
    while line := stream.readline(MOST_DATA + 1):
        if len(line) <= MOST_DATA:
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(MOST_DATA)
        yield None


def _asked(content: bytes | None, name: str, program: "Program", otherwise: Asked) -> Asked:
    if content is None:
        raise CommandError(f"{name} is larger than {MOST_DATA:,} bytes", "give a smaller one")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError(f"{name} is not UTF-8 text (byte {error.start})", "send UTF-8") from error
    given = json_document(text, name, 'a line is `{"tool": "...", "args": {...}}`')
    if not isinstance(given, dict):
        raise CommandError(f"{name} is no JSON object", 'a line is `{"tool": "...", "args": {...}}`')
    try:
        line = Line.model_validate(given)
    except ValidationError as error:
        raise _unfit(name, error) from error
    return replace(
        otherwise,
        tool=line.tool,
        args=json_value(line.args),
        agent=otherwise.agent if line.agent is None else line.agent,
        principal=_principal(line.principal, program, otherwise.principal),
        context=otherwise.context if line.context is None else line.context,
        session=line.session or otherwise.session,
        key=line.key,
        now=otherwise.now if line.now is None else moment(line.now, f"`now` of {name}"),
    )


def _principal(given: str | Who | None, program: "Program", otherwise: Principal) -> Principal:
    if given is None:
        return otherwise
    if isinstance(given, str):
        return replace(otherwise, name=given)
    scopes = None if given.scopes is None else known_scopes(given.scopes, program)
    return Principal(given.name, tuple(given.roles), scopes)


def _unfit(name: str, error: ValidationError) -> CommandError:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    first = next((each for each in found if each["type"] == "extra_forbidden" and len(each["loc"]) == 1), found[0])
    field = str(first["loc"][0])
    if first["type"] == "extra_forbidden" and len(first["loc"]) == 1:
        return CommandError(
            f"{name} has the field `{field}`, which is none", did_you_mean(field, list(Line.model_fields))
        )
    if first["type"] == "missing":
        return CommandError(f"{name} has no `{field}`", '`"tool"` is the name of the tool that is called')
    return CommandError(f"{name}: `{field}` is of another type than it has to be", _FIELDS[field])


_FIELDS = {
    "tool": '`"tool"` is text',
    "agent": '`"agent"` is text',
    "principal": '`"principal"` is a name, or `{"name": "...", "roles": ["..."], "scopes": ["..."]}`',
    "context": '`"context"` is an object',
    "session": '`"session"` is text',
    "key": '`"key"` is text',
    "now": '`"now"` is text, such as `"2026-11-20T14:03:09Z"`',
}


def _write(answer: object) -> None:
    from interlock_cli.present.output import json_line, write

    write(json_line(answer))
