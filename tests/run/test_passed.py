"""What a step is shown of what its routes pass."""

from interlock.run.protocol.commands import AskModel
from run.world import World

PARTS = """
agent clerk { model "small" }

workflow answer(words: list<string max 20> max 5, deep: list<list<int> max 2> max 3) {
  step split by clerk { task "split"  returns { parts: list<{ text: string max 50 }> max 3 } }
  step one by clerk { task "answer"  returns { ok: bool } }
  end done

  start -> split pass words[0], words[3], deep[1][1], deep[2]
  split -> one pass split.parts[0].text, split.parts[2], words
  one -> done
}
"""


def test_elements_of_lists_stand_under_their_numbers_and_are_left_out_where_a_list_is_shorter() -> None:
    world = World(PARTS, {"words": ["x", "y"], "deep": [[1], [2, 3]]})
    assert world.the(AskModel).context == {"words": {"0": "x"}, "deep": {"1": {"1": 3}}}
    world.answers({"parts": [{"text": "why?"}, {"text": "how?"}, {"text": "who?"}]})
    passed = {"split": {"parts": {"0": {"text": "why?"}, "2": {"text": "who?"}}}, "words": ["x", "y"]}
    assert world.the(AskModel).context == passed
    world.answers({"ok": True})
    assert world.finished.end == "done"
