"""Language models of any provider, through pydantic-ai. Needs the extra: `pip install interlock[models]`.

    models = LanguageModels({"small": "openai:gpt-5-mini", "large": "anthropic:claude-sonnet-4-5"})

A program names its models as it likes; the caller says what each name stands for. One `AskModel` is one request: what
fails is an event, retried only where the program says so, and every try is counted.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from math import ceil, isfinite
from typing import Final, Literal

from interlock.errors import InvalidInput
from interlock.run.protocol.commands import AskModel
from interlock.run.protocol.events import Event, ModelFailed, ModelReplied, Usage
from interlock.runtime.adapter import Setting
from interlock.runtime.bounds import OutOfBoundsError
from interlock.runtime.clock import SECOND, length_of
from interlock_dsl.program.model import Agent, AgentStep, Program
from interlock_dsl.program.paths import step_at, workflows_in
from interlock_dsl.schema import ValidationError, decode

try:
    from pydantic_ai.direct import model_request
    from pydantic_ai.exceptions import AgentRunError, ModelHTTPError, UserError
    from pydantic_ai.messages import ModelResponse
    from pydantic_ai.models import Model, infer_model
    from pydantic_ai.settings import ModelSettings
    from pydantic_ai.usage import RequestUsage

    from interlock.runtime.conversation import Conversation, raw_of, size_of
except ImportError as missing:
    raise ImportError("language models need the extra `models`: pip install 'interlock[models]'") from missing

_log = logging.getLogger("interlock.models")
TIMEOUT: Final = 120 * SECOND
"""How long a model may take (microseconds) where the program does not say."""

_PUBLIC_CURRENCY: Final = "usd"


class LanguageModels:
    """Models by the names a program uses.

    `models` maps a name to pydantic-ai's `provider:model` or to one of its models. A program's name that is not
    mapped is taken as it is if it has a provider. `prices` gives, for a name, what a million tokens in and out cost,
    in the currency of the program; without it the public price list counts, which is in US dollars. Where a budget
    limits the cost, a model without a price is refused before the run. `settings` go with every request (temperature
    and the like). Raises `InvalidInput` for a price that is none.
    """

    def __init__(
        self,
        models: "Mapping[str, str | Model]",
        *,
        prices: Mapping[str, tuple[float, float]] | None = None,
        settings: "ModelSettings | None" = None,
    ) -> None:
        self._named = dict(models)
        self._prices = {name: _price(name, price) for name, price in (prices or {}).items()}
        self._settings = settings
        self._models: dict[str, Model] = {}

    def prepare(self, program: Program, workflow: str) -> None:
        """Check that every model the workflow's agents name is known, can be reached with what is configured, and has
        a price wherever the cost is limited.

        Raises `InvalidInput` naming the agent.
        """
        steps = [step for each in workflows_in(program, workflow) for step in each.steps.values()]
        for step in steps:
            if isinstance(step, AgentStep):
                for name in step.agent.models:
                    model = self._model(name, step.agent.name)
                    if _cost_counts(program, workflow, step):
                        self._check_price(step.agent, name, model, program.workflows[workflow].budget.currency)

    def _check_price(self, agent: Agent, name: str, model: "Model", currency: str) -> None:
        if name in self._prices:
            return
        how = (
            f'say what a million tokens in and out cost in {currency}: LanguageModels(..., prices={{"{name}": '
            f"(0.25, 2.0)}}), or `[prices]` and below it `{name} = [0.25, 2.0]` in interlock.toml"
        )
        if currency != _PUBLIC_CURRENCY:
            raise InvalidInput(
                f"the program counts cost in {currency}, and the public prices are in {_PUBLIC_CURRENCY}; for the "
                f"model `{name}` of the agent `{agent.name}`, {how}"
            )
        if _public_cost(ModelResponse([], usage=RequestUsage(input_tokens=1, output_tokens=1)), model) is None:
            raise InvalidInput(
                f"the cost of the agent `{agent.name}` is limited, and no price is known for its model `{name}` "
                f"({model.model_name}): {how}"
            )

    def _model(self, name: str, agent: str) -> "Model":
        model = self._models.get(name)
        if model is None:
            given = self._named.get(name, name if ":" in name else None)
            if given is None:
                known = ", ".join(f"`{each}`" for each in self._named) or "none"
                raise InvalidInput(
                    f"the agent `{agent}` has the model `{name}`, and nothing says which that is (known: {known}); "
                    f'give LanguageModels({{"{name}": "provider:model"}})'
                )
            try:
                model = infer_model(given)
            except (UserError, ValueError, ImportError) as error:
                raise InvalidInput(f"the agent `{agent}` cannot use the model `{name}`: {error}") from None
            self._models[name] = model
        return model

    async def perform(self, command: AskModel, setting: Setting) -> Event:
        """Have a model take one turn: `ModelReplied`, or `ModelFailed`."""
        limit = TIMEOUT if command.timeout is None else command.timeout
        try:
            conversation = Conversation(setting.program, setting.workflow, command)
            model = self._model(command.model, command.agent)
            async with asyncio.timeout(limit / SECOND):
                response = await model_request(
                    model,
                    conversation.messages(),
                    model_settings=self._request_settings(command, limit),
                    model_request_parameters=conversation.parameters(),
                )
        except TimeoutError:
            return _failed(command, setting, f"no reply within {length_of(limit)}", "timeout")
        except Exception as error:
            _log.info("the model %s failed in run %s, step %s", command.model, setting.run, command.step, exc_info=True)
            return _failed(command, setting, _kind_of(error))
        return self._replied(command, setting, conversation, response)

    def _request_settings(self, command: AskModel, limit: int) -> "ModelSettings":
        settings = ModelSettings(max_tokens=max(command.tokens, 1), timeout=limit / SECOND, max_retries=0)
        return {**self._settings, **settings} if self._settings else settings

    def _replied(
        self, command: AskModel, setting: Setting, conversation: "Conversation", response: "ModelResponse"
    ) -> Event:
        try:
            conversation.check(response)
        except OutOfBoundsError as error:
            # Nothing of it is read; what the provider does not say it used is charged at the most it could be.
            unread = replace(response, parts=[])
            usage = self._usage(command, setting, conversation, unread, least=command.tokens)
            return replace(_failed(command, setting, str(error)), usage=usage or Usage(0, command.tokens))
        usage = self._usage(command, setting, conversation, response)
        if usage is None:
            return _failed(command, setting, f"no price is known for what answered in place of `{command.model}`")
        reply = conversation.reply(response)
        if not reply.calls and not reply.answered:
            return replace(_failed(command, setting, "the model's reply was empty"), usage=usage)
        # The provider's message is only needed if the conversation goes on.
        last = reply.answered and self._is_answer(command, setting, reply.output)
        raw = None if last else raw_of(response)
        return ModelReplied(setting.now(), command.id, reply.answered, reply.output, reply.calls, usage, raw)

    @staticmethod
    def _is_answer(command: AskModel, setting: Setting, output: object) -> bool:
        step = step_at(setting.program, setting.workflow, command.step)
        try:
            return isinstance(step, AgentStep) and decode(step.returns, output) is not None
        except ValidationError:
            return False

    def _usage(
        self,
        command: AskModel,
        setting: Setting,
        conversation: "Conversation",
        response: "ModelResponse",
        least: int = 0,
    ) -> Usage | None:
        """Return what a turn used, at `least` so many tokens of reply where the provider does not say; None if its
        cost is limited and nobody knows it.
        """
        used = response.usage
        tokens_in, tokens_out = max(used.input_tokens, 0), max(used.output_tokens, 0)
        if not (tokens_in or tokens_out):
            # A provider that does not say what a turn used: no token is shorter than a byte.
            tokens_in, tokens_out = conversation.size(), max(size_of([response]), least)
            response = replace(response, usage=RequestUsage(input_tokens=tokens_in, output_tokens=tokens_out))
        price = self._prices.get(command.model)
        if price is not None:
            # So many units for a million tokens are as many millionths for one.
            return Usage(tokens_in, tokens_out, ceil(tokens_in * price[0] + tokens_out * price[1]))
        cost = _public_cost(response, self._model(command.model, command.agent))
        if cost is None:
            step = step_at(setting.program, setting.workflow, command.step)
            if isinstance(step, AgentStep) and _cost_counts(setting.program, setting.workflow, step):
                return None
            cost = 0
        return Usage(tokens_in, tokens_out, cost)


def _cost_counts(program: Program, workflow: str, step: AgentStep) -> bool:
    limited = any(each.budget.cost is not None for each in workflows_in(program, workflow))
    return limited or step.agent.cost > 0


def _price(name: str, price: tuple[float, float]) -> tuple[float, float]:
    if len(price) != 2 or not all(isfinite(each) and each >= 0 for each in price):
        raise InvalidInput(f"the price of the model `{name}` is {price}: expected two numbers, not negative")
    return price[0], price[1]


def _public_cost(response: "ModelResponse", model: "Model") -> int | None:
    """Return what a response costs by the public price list, in millionths; None if it is not known there.

    Where the list does not know what answered, what was asked counts.
    """
    asked = replace(
        response,
        model_name=model.model_name,
        provider_name=model.system,
        provider_url=model.base_url,
        usage=response.usage,
    )
    for known in (response, asked) if response.model_name else (asked,):
        try:
            return max(ceil(known.cost().total_price * 1_000_000), 0)
        except (LookupError, ValueError, AssertionError):
            continue
    return None


def _failed(
    command: AskModel, setting: Setting, message: str, kind: Literal["error", "timeout"] = "error"
) -> ModelFailed:
    return ModelFailed(setting.now(), command.id, kind, message, jitter=setting.jitter())


def _kind_of(error: Exception) -> str:
    """Return what went wrong, without what a provider's message may quote."""
    if isinstance(error, ModelHTTPError):
        return f"the provider refused with status {error.status_code}"
    if isinstance(error, AgentRunError):
        return "the provider could not be reached, or its reply could not be read"
    return "the request could not be made"
