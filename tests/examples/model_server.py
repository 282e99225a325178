"""A server of models that knows the tasks of an example and answers over HTTP what it is told to, whoever asks first.

    with model_server({"say what is wrong": [calls("logs.read", host="web-1"), answer(cause="leak")]}) as server:
        ...  # `interlock run --live`, with `server.options` behind it and `server.environment` around it

A conversation is recognised by the task of its step, its turn by the messages in it: rows of a fan-out may ask in any
order. Where the rows are to be told apart, a function of what the model was given returns the turns.
"""

import json
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

from runtime.model_server import Payload, Provider, Status, provider
from runtime.model_server import calls as wire_calls

Given: TypeAlias = Mapping[str, object]
Script: TypeAlias = Sequence[Payload] | Callable[[Given], Sequence[Payload]]
"""The turns of a model at a step, the same for all, or by what it was given."""


def calls(tool: str, **arguments: object) -> Payload:
    """Return a turn in which the model calls a tool, by the tool's name in the program."""
    return wire_calls((f"call-{tool}", tool.replace(".", "_"), arguments))


def answer(**output: object) -> Payload:
    """Return a turn in which the model answers."""
    return wire_calls(("the-answer", "answer", output))


@dataclass(frozen=True)
class ModelServer:
    """`heard` is every request that came, `options` and `environment` send the models of a command line there."""

    provider: Provider
    options: tuple[str, ...]

    @property
    def heard(self) -> list[Payload]:
        return self.provider.heard

    @property
    def environment(self) -> dict[str, str]:
        return {"OPENAI_BASE_URL": self.provider.url, "OPENAI_API_KEY": "key-of-the-test"}


@contextmanager
def model_server(scripts: Mapping[str, Script], models: Sequence[str] = ("small", "large")) -> Generator[ModelServer]:
    """Serve the scripts of the tasks; a task without one, or a turn too many, is refused with the status 418."""
    with provider() as made:
        made.replies = lambda heard: _next(scripts, heard) or Status(418)
        named = tuple(f"--model={name}=openai-chat:gpt-4o-mini" for name in models)
        yield ModelServer(made, ("--live", *named))


def _next(scripts: Mapping[str, Script], heard: Payload) -> Payload | None:
    messages = heard["messages"]
    assert isinstance(messages, list)
    shown = next(str(message["content"]) for message in messages if message["role"] == "user")
    task, _, rest = shown.removeprefix("Task: ").partition("\n\n")
    script = scripts.get(task, ())
    turns = script(json.loads(rest.partition("\n")[2])) if callable(script) else script
    turn = sum(message["role"] == "assistant" for message in messages)
    return turns[turn] if turn < len(turns) else None
