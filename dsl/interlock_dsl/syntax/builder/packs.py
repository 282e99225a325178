"""Packs of rules, and where they are used."""

from lark import Token

from interlock_dsl.cel.tree import Expression, Name, Select
from interlock_dsl.diagnostics.messages import syntax as messages
from interlock_dsl.syntax.builder.pieces import Clause, PieceBuilder, micros_of, reduction
from interlock_dsl.syntax.tree import Duration, FieldNode, Ident, PackArgument, PackDecl, RuleDecl, UsePack


class PackBuilder(PieceBuilder):
    """Builds packs and their uses."""

    @reduction
    def pack_decl(self, name: Ident, parameters: tuple[FieldNode, ...], calls: Ident, *rules: RuleDecl) -> PackDecl:
        """`pack name(parameters) for calls { rules }`."""
        return PackDecl(name, parameters, calls, rules, span=self.here())

    @reduction
    def use_pack(self, path: str, *parts: Clause | tuple[Ident, ...]) -> UsePack:
        """`use "interlock/spending" as name for patterns with { arguments }`."""
        patterns = next(part for part in parts if isinstance(part, tuple))
        clauses = {part.word: part.value for part in parts if isinstance(part, Clause)}
        name, given = clauses.get("as"), clauses.get("with")
        arguments = tuple(part for part in given if isinstance(part, PackArgument)) if isinstance(given, tuple) else ()
        return UsePack(path, patterns, arguments, name if isinstance(name, Ident) else None, span=self.here())

    @reduction
    def used_as(self, name: Ident) -> Clause:
        """`as name`."""
        return self.clause("as", name)

    @reduction
    def used_with(self, *arguments: PackArgument) -> Clause:
        """`with { arguments }`."""
        return self.clause("with", arguments)

    @reduction
    def pack_argument(self, name: Ident, value: Expression) -> PackArgument:
        """`name: expression`."""
        return PackArgument(name, value, span=self.here())

    @reduction
    def family_argument(self, name: Ident, front: Expression) -> PackArgument:
        """`name: front.*`."""
        here = self.here()
        spelt = _dotted(front)
        if spelt is None:
            self.diagnostics.append(messages.not_a_family(front.span))
        return PackArgument(name, Ident(f"{spelt}.*", span=front.span.to(here)), span=here)

    @reduction
    def duration_argument(self, name: Ident, time: Token) -> PackArgument:
        """`name: 4h`."""
        place = self.place(time)
        micros = micros_of(time)
        if micros is None:
            self.diagnostics.append(messages.too_long_a_time(place))
        return PackArgument(name, Duration(micros or 0, span=place), span=self.here())


def _dotted(node: Expression) -> str | None:
    match node:
        case Name(name=name, absolute=False):
            return name
        case Select(operand=operand, field=field, optional=False):
            front = _dotted(operand)
            return None if front is None else f"{front}.{field}"
        case _:
            return None
