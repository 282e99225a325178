"""What conditions ask of the person who started a run."""

from collections.abc import Iterator

from interlock_dsl.analysis.expressions import walk
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.tree import Call, Comprehension, Expression, Literal, Name, Select


def roles_asked(checked: Checked) -> Iterator[Literal]:
    """Yield the names that are looked for among the roles of the principal."""
    for node in walk(checked.expression):
        match node:
            case Call(function="@in", arguments=(Literal(value=str()) as role, among)) if _roles(among):
                yield role
            case Comprehension(kind="exists", range=among, variables=(name,), body=body) if _roles(among):
                yield from _compared(body, name)
            case _:
                pass


def _roles(node: Expression) -> bool:
    return isinstance(node, Select) and node.field == "roles" and node.operand == Name("principal", node.span)


def _compared(body: Expression, name: str) -> Iterator[Literal]:
    for node in walk(body):
        match node:
            case Call(function="_==_", arguments=(Name(name=one), Literal(value=str()) as role)) if one == name:
                yield role
            case Call(function="_==_", arguments=(Literal(value=str()) as role, Name(name=one))) if one == name:
                yield role
            case _:
                pass
