"""What to do where a workflow is written as in another language, and only the author knows what belongs there."""

from typing import Final

LABEL: Final = "a label stands at a field, behind its type, as in `names: list<string> @pii`"
BREAKER: Final = "a breaker says all of `breaker opens after 5 failures within 1m for 30s`"
RATE: Final = "a rate is that of all calls; `limit TOOL to 100 per 1m for each principal` in a policy counts for each"
CALLED: Final = "it is called with its arguments, as in `orders.get(id: id)`"
RUN: Final = "it is run with its input, as in `runs refund(request: request)`"
ATTEMPTS: Final = "attempts are declared at the tool or the agent, as in `retry 3 times`"
FALLBACK: Final = 'what is done instead is declared at the tool, `fallback TOOL(...)`, or the agent, `fallback "MODEL"`'
UNDO: Final = "what takes a call back is declared at its tool, as in `undo orders.cancel(id: id)`"
DEADLINE: Final = "the deadline stands at the step, as in `within 5m`; behind it `on timeout` is taken"
DEADLINE_IN_BLOCK: Final = "the deadline stands in the step's block, as in `within 5m`"
PAUSE: Final = "time passes in a step of its own, as in `step pause waits for 5m`"
BACKTRACK: Final = "say how often at most, and what then: `backtrack at most 2 times, then -> failed`"
SOME_BRANCHES: Final = "`merge 2 of 3` goes on with two of three branches"
SOME_ROWS: Final = "`merge 2` goes on with two rows"
MOST_ROWS: Final = "say how many rows there are at most, as in `max 20`"
EVENT_NAME: Final = 'the name of an event is a text, as in `waits for event "paid"`'
EVENT_STEP: Final = 'a step waits for an event, as in `step paid waits for event "paid"`'
SIGNAL: Final = 'events come from outside, by `interlock signal`: `step paid waits for event "paid"` takes one'
FROM_A_STEP: Final = "a route begins with its step, as in `pay -> failed on failure`"
WHY: Final = 'say why, as in `gives up { because "not paid" }`'
AT_AN_END: Final = 'a run is given up at an end, as in `end abandoned gives up { because "not paid" }`'
