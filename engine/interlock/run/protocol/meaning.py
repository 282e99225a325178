"""The version of what a journal's entries mean: how events are decided on, and what is compared on replay."""

from typing import Final

MEANING: Final = 1
"""The version that is written. It changes when the same program decides differently on the same events, or when other
parts of the outcome are compared; a new event, a new construct of the language or a new sentence changes nothing, but
for sentences of failures, which programs read as `failure.message`."""

KEPT: Final = frozenset({MEANING})
"""The versions whose runs are replayed and resumed. Runs of any other are shown, verified and cancelled."""
