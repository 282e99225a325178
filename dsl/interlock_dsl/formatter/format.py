"""From the tree of a file back to text: one way to write everything.

`parse(format(text)) == parse(text)`, `format(format(text)) == format(text)`, and every comment is still there. Clauses
are put in one order; declarations, and the parts of a workflow, stay in the author's. Empty lines between those are
kept, one at a time.
"""

from dataclasses import replace

from interlock_dsl.diagnostics import DiagnosticError
from interlock_dsl.formatter import cases, declarations, packs, rules, workflows
from interlock_dsl.formatter.page import Line, page
from interlock_dsl.formatter.pieces import Places
from interlock_dsl.syntax.parser import parse_with_places
from interlock_dsl.syntax.tree import (
    AgentDecl,
    ContextDecl,
    Declaration,
    File,
    LetDecl,
    PackDecl,
    PolicyDecl,
    RoleDecl,
    TableDecl,
    TestDecl,
    ToolDecl,
    TypeDecl,
    Use,
    UsePack,
    WorkflowDecl,
)


def format(what: str | File, name: str = "<text>") -> str:
    """Return the canonical text of a file, given as text or as its tree.

    Raises `DiagnosticError` for a text that does not parse. A tree that was parsed brings its comments along; one that
    was made by a program has none.
    """
    if isinstance(what, str):
        parsed = parse_with_places(what, name)
        if parsed.diagnostics:
            raise DiagnosticError(parsed.diagnostics)
        return _text(parsed.file, Places(parsed.places))
    source = what.source
    return _text(what, Places(parse_with_places(source.text, source.name).places) if source.text else Places())


def _text(file: File, places: Places) -> str:
    lines: list[Line] = []
    before: Declaration | None = None
    short = False
    for declaration in file.declarations:
        first, *rest = _declaration(declaration, places)
        apart = before is not None and not (short and not rest and type(before) is type(declaration))
        lines += [replace(first, apart=apart, loose=True), *rest]
        before, short = declaration, not rest
    return page(lines, file.comments, file.source.text)


def _declaration(node: Declaration, places: Places) -> list[Line]:
    match node:
        case Use():
            return declarations.use(node)
        case UsePack():
            return packs.use_pack(node, places)
        case PackDecl():
            return packs.pack(node, places)
        case TypeDecl():
            return declarations.type_decl(node)
        case ToolDecl():
            return declarations.tool(node, places)
        case AgentDecl():
            return declarations.agent(node, places)
        case RoleDecl():
            return declarations.role(node)
        case WorkflowDecl():
            return workflows.workflow(node, places)
        case PolicyDecl():
            return rules.policy(node, places)
        case TableDecl():
            return rules.table(node, places)
        case ContextDecl():
            return declarations.context(node)
        case LetDecl():
            return declarations.let(node)
        case TestDecl():
            return cases.case(node)
