"""An LLM behind OpenAI's chat completions, spoken by their own client: whatever a provider may answer is a reply or one LlmCallError.

The client is imported when the first call is made, and in a thread: it takes 60 MB, which a platform without an LLM does not need, and a
second of a core, for which nobody else is kept waiting.
"""

import asyncio
import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import orjson

from libs.contracts.llm import LlmReason
from services.inference.domain.llm import LlmCallError, LlmReply, LlmRequest

if TYPE_CHECKING:
    from openai import AsyncOpenAI

# Where a provider that holds a key back does not say for how long.
A_MINUTE_S: Final = 60.0
# An account without credit is not refilled in a minute.
NO_CREDIT_S: Final = 3_600.0
REFUSED_S: Final = 600.0
LONGEST_S: Final = 86_400.0
EPOCH: Final = 1_000_000_000
PART: Final = re.compile(r"([\d.]+)(ms|s|m|h|d)")
SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
# What went wrong before anything was sent, by the client's names.
NOT_SENT: Final = frozenset({"ConnectError", "ConnectTimeout", "UnsupportedProtocol"})
ONLY_JSON: Final = "Answer with one JSON object and nothing else. It must be valid against this JSON Schema:\n"


def name_of(key: str) -> str:
    """Return what a key is called: it tells nothing of the key, and is the same in every replica."""
    return hashlib.sha256(key.encode()).hexdigest()[:12]


class LlmOpenAi:
    """Implements the port LlmProvider. It learns once what a server does not take: schemas of answers, or older names of options."""

    def __init__(self, *, base_url: str | None, model: str, keys: tuple[str, ...]) -> None:
        self._base_url, self._model = base_url, model
        self._keys = {name_of(key): key for key in keys}
        self._clients: dict[str, AsyncOpenAI] = {}
        self._openai: Any = None
        self._takes_schemas = self._takes_usual_options = True

    @property
    def model(self) -> str:
        """The model that is asked."""
        return self._model

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the keys."""
        return tuple(self._keys)

    async def aclose(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            await client.close()

    async def complete(self, request: LlmRequest, *, key: str, within_s: float) -> LlmReply:
        """Ask once. Raise LlmCallError."""
        if self._openai is None:
            self._openai = await asyncio.to_thread(import_module, "openai")
        openai = self._openai
        try:
            # The client's own bound is of each step: a server that answers letter by letter would keep to it for ever.
            async with asyncio.timeout(within_s):
                answer = await self._client(openai, key).chat.completions.create(**self._options(request), timeout=within_s)
        except openai.RateLimitError as error:
            raise LlmCallError(LlmReason.EXHAUSTED, "The provider limits this key (429).", held_s=held_for(error)) from error
        except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
            raise LlmCallError(LlmReason.REFUSED, f"The provider refuses this key ({error.status_code}).", held_s=REFUSED_S) from error
        except (openai.APITimeoutError, TimeoutError) as error:
            raise LlmCallError(LlmReason.TIMEOUT, f"The provider did not answer within {within_s:.3g} s.", may_cost=True) from error
        except openai.APIConnectionError as error:
            sent = type(error.__cause__).__name__ not in NOT_SENT
            raise LlmCallError(LlmReason.UNREACHABLE, "The provider cannot be reached.", may_cost=sent) from error
        except openai.InternalServerError as error:
            raise LlmCallError(LlmReason.SERVER, f"The provider failed ({error.status_code}).") from error
        except openai.APIStatusError as error:
            again = self._learn(str(error.message), structured=request.schema is not None)
            raise LlmCallError(LlmReason.REQUEST, f"The provider cannot use the request ({error.status_code}).", again=again) from error
        except (openai.OpenAIError, ValueError) as error:
            raise LlmCallError(LlmReason.MALFORMED, "The provider's answer is no chat completion.", may_cost=True) from error
        return _reply(answer, model=self._model)

    def _client(self, openai: Any, key: str) -> "AsyncOpenAI":
        if key not in self._clients:
            # Each call has its turn and its place in the books: the client repeats none by itself.
            self._clients[key] = openai.AsyncOpenAI(api_key=self._keys[key], base_url=self._base_url, max_retries=0)
        return self._clients[key]

    def _options(self, request: LlmRequest) -> dict[str, Any]:
        messages = [{"role": each.role, "content": each.content} for each in request.messages]
        options: dict[str, Any] = {"model": self._model, "messages": messages}
        if self._takes_usual_options:
            options |= {"max_tokens": request.tokens_most, "temperature": 0}
        else:
            options |= {"max_completion_tokens": request.tokens_most}
        if request.schema is not None and self._takes_schemas:
            schema = {"name": "answer", "strict": True, "schema": request.schema}
            options["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif request.schema is not None:
            messages[0]["content"] += f"\n\n{ONLY_JSON}{orjson.dumps(request.schema).decode()}"
        return options

    def _learn(self, message: str, *, structured: bool) -> bool:
        """Take from a refusal what the server does not take; return whether there is another way to ask."""
        told = message.lower()
        if structured and self._takes_schemas and any(word in told for word in ("response_format", "json_schema", "schema", "structured")):
            self._takes_schemas = False
            return True
        if self._takes_usual_options and any(word in told for word in ("max_tokens", "max_completion_tokens", "temperature")):
            self._takes_usual_options = False
            return True
        return False


def held_for(error: Any) -> float:
    """Return for how many seconds a provider holds a key back: its `Retry-After`, else when its counters begin anew."""
    if getattr(error, "code", None) == "insufficient_quota":
        return NO_CREDIT_S
    headers: Mapping[str, str] = error.response.headers
    found = seconds_of(headers.get("retry-after"))
    if found is None:
        resets = [seconds_of(headers.get(f"x-ratelimit-reset{what}")) for what in ("", "-requests", "-tokens")]
        found = max((each for each in resets if each is not None), default=A_MINUTE_S)
    return min(max(found, 0.001), LONGEST_S)


def seconds_of(text: str | None) -> float | None:
    """Return a wait: `20`, `6m0s`, `15ms`, seconds since 1970, or a date of HTTP; None for anything else."""
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        if parts := PART.findall(text):
            return sum(float(count) * SECONDS[unit] for count, unit in parts)
        try:
            return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
        except (ValueError, TypeError):
            return None
    return max(0.0, number - datetime.now(UTC).timestamp()) if number > EPOCH else number


def _reply(answer: Any, *, model: str) -> LlmReply:
    """Read an answer of which nothing is sure. Raise LlmCallError."""
    try:
        choice, usage = answer.choices[0], answer.usage
        text, finished = choice.message.content, choice.finish_reason
    except (AttributeError, IndexError, TypeError) as error:
        raise LlmCallError(LlmReason.MALFORMED, "The provider's answer is no chat completion.", may_cost=True) from error
    if not isinstance(text, str) or not text.strip() or finished == "length":
        why = "was cut off" if finished == "length" else "is empty"
        raise LlmCallError(LlmReason.MALFORMED, f"The LLM's answer {why}.", may_cost=True)
    counted = [getattr(usage, name, None) for name in ("prompt_tokens", "completion_tokens")]
    tokens_in, tokens_out = (each if isinstance(each, int) and each >= 0 else None for each in counted)
    return LlmReply(text, answer.model if isinstance(answer.model, str) else model, tokens_in, tokens_out)
