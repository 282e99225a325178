"""Which tools an agent's step is shown: those it lists, else those with scopes that the agent may hold."""

from hypothesis import given, settings
from hypothesis import strategies as st

from interlock_dsl.compiler.compile import compile_text
from interlock_dsl.program.model import AgentStep

SCOPES = ["a", "b", "c"]
needs = st.sets(st.sampled_from(SCOPES))


def clause(word: str, names: set[str]) -> str:
    return f"{word} {', '.join(sorted(names))}" if names else ""


@settings(deadline=None, max_examples=60)
@given(st.lists(needs, min_size=1, max_size=5), needs, st.data())
def test_a_step_is_shown_what_it_lists_or_else_what_its_agent_may_call(
    tools: list[set[str]], may: set[str], data: st.DataObject
) -> None:
    possible = [f"t.t{at}" for at, needed in enumerate(tools) if needed <= may]
    listed = data.draw(st.one_of(st.none(), st.sets(st.sampled_from(possible)) if possible else st.none()))
    held = may & set().union(*tools)
    text = "".join(f"tool t.t{at}() {{ {clause('needs', needed)} effect read }}\n" for at, needed in enumerate(tools))
    text += f'agent clerk {{ model "m" {clause("may", held)} }}\n'
    text += 'workflow w(x: int) {\n  step s by clerk { task "t" '
    text += f"{clause('tools', listed or set())} returns {{ y: int }} }}\n  end done\n"
    text += f"  start -> s {clause('grant', held)}\n  s -> done\n}}\n"
    step = compile_text(text).workflows["w"].steps["s"]
    assert isinstance(step, AgentStep)
    by_scope = {f"t.t{at}" for at, needed in enumerate(tools) if needed and needed <= may}
    assert set(step.tools) == (listed or by_scope)
