"""The LLM itself: whether it answers, and what it has cost."""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from starlette import status
from starlette.responses import Response

from libs.contracts.example_llm import LLM
from libs.contracts.llm import LlmProbed, LlmReason, LlmSpent, LlmUse, ProbeLlm, ReadLlmUse
from modelbourse.answers.trading_ai import llm as answers
from services.gateway.domain.accounts.caller import STRANGER, Caller, Scope
from services.gateway.domain.services import Llm
from services.gateway.inbound.faces.trading_ai.face import FACE, TOO_MANY, TOO_MANY_REQUESTS
from services.gateway.inbound.http.described import answered
from services.gateway.inbound.http.face import Limit, Window
from services.gateway.inbound.http.limits import limited
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import OPEN, used, welcomes
from services.gateway.inbound.http.strict_route import make_router, open_as_documented

NO_ACCOUNT: Final = "no credential was sent"


@dataclass(frozen=True, slots=True)
class LlmUseCases:
    """What the handlers call."""

    llm: Llm


Use = Annotated[LlmUseCases, used(LlmUseCases)]
Reader = Annotated[Caller, welcomes(Scope.READ)]
routes = make_router(tags=[FACE.tag("signals")])


def debug_of(probed: LlmProbed) -> answers.LlmDebug:
    """Return what came of a probe, in the document's words."""
    keys = answers.LlmKeys(**dict(probed.keys))
    known = {
        "client_initialized": probed.configured,
        "api_key_configured": probed.configured,
        "keys": keys,
        "checked_at": probed.checked_at,
        "age_seconds": round(probed.age_s, 1),
    }
    if probed.succeeded:
        return answers.LlmDebug.model_validate(known | {"status": "success", "test_response": probed.answer, "model_used": probed.model})
    told = {
        "error": probed.error,
        "detail": probed.error,
        "error_type": probed.error_type,
        "diagnosis": probed.diagnosis,
        "model_used": probed.model,
    }
    return answers.LlmDebug.model_validate(known | {"status": "failed"} | told)


def cost_of(use: LlmUse) -> answers.LlmCost:
    """Return what calls have cost, in the document's words."""
    total, today, mine, ever = use.total, use.today, use.account_today, use.account_total
    reasons = {} if total.requests else {"average_cost_per_request": "there were no calls"}
    if mine is None:
        reasons |= dict.fromkeys(("account_budget", "account_requests", "account_cost_usd"), NO_ACCOUNT)
    return answers.LlmCost(
        total_requests=total.requests,
        total_tokens=total.tokens_in + total.tokens_out,
        tokens_in=total.tokens_in,
        tokens_out=total.tokens_out,
        estimated_cost_usd=total.cost_usd,
        requests_by_model=use.by_model,
        requests_today=today.requests,
        cost_today_usd=today.cost_usd,
        average_cost_per_request=total.cost_usd / total.requests if total.requests else None,
        configured=use.configured,
        available=use.available,
        budget=_budget(today),
        account_budget=_budget(mine) if mine else None,
        account_requests=ever.requests if ever else None,
        account_cost_usd=ever.cost_usd if ever else None,
        reasons=reasons,
    )


def _budget(spent: LlmSpent) -> answers.LlmBudget:
    limit = spent.budget_usd or 0.0
    left = max(0.0, limit - spent.cost_usd - spent.held_usd)
    return answers.LlmBudget(limit_usd=limit, spent_usd=spent.cost_usd, held_usd=spent.held_usd, left_usd=left)


def example(kind: type[Any]) -> Any:
    """Return the contracts' example of a message."""
    return next(each for each in LLM if isinstance(each, kind))


PROBED: Final[LlmProbed] = example(LlmProbed)
FAILED: Final = PROBED.model_copy(
    update={
        "configured": False,
        "succeeded": False,
        "model": None,
        "error": "No LLM is configured (INFERENCE_LLM_API_KEY).",
        "error_type": LlmReason.NOT_CONFIGURED,
        "diagnosis": "No API key is configured: set INFERENCE_LLM_API_KEY.",
    }
)


@routes.get(
    "/debug/gpt4",
    summary="Try the LLM",
    response_description="It has answered.",
    responses=refused(FACE, TOO_MANY_REQUESTS, 504)
    | answered(debug_of(PROBED))
    | {500: {"description": "It has not answered, and why.", "model": answers.LlmDebug, **answered(debug_of(FAILED), status=500)[500]}},
    openapi_extra=OPEN,
    response_model_exclude_unset=True,
)
@limited(Limit(5, Window.MINUTE, refusal=TOO_MANY))
async def debug_gpt4(caller: Reader, use: Use, response: Response) -> answers.LlmDebug:
    """Call the LLM with a word, at the platform's cost.

    A good answer is shown again for ten minutes (`INFERENCE_LLM_PROBE_KEPT`), unless a call has failed since; `age_seconds` says how old
    it is.
    """
    del caller  # It needs one where strangers are not let in.
    # Asked first, as it is answered at once: nobody waits for a call by a service that is away.
    await use.llm.use(ReadLlmUse())
    probed = await use.llm.probe(ProbeLlm())
    response.status_code = status.HTTP_200_OK if probed.succeeded else status.HTTP_500_INTERNAL_SERVER_ERROR
    return debug_of(probed)


@routes.get(
    "/ai/cost/statistics",
    summary="Get what the LLM has cost",
    response_description="Calls, tokens, cost and budgets.",
    responses=answered(cost_of(example(LlmUse))) | refused(FACE, TOO_MANY_REQUESTS, 504),
    openapi_extra=OPEN,
)
@open_as_documented(else_needs=Scope.ADMIN)
async def get_llm_cost(caller: Reader, use: Use) -> answers.LlmCost:
    """Tell what calls of the LLM have cost: all of the platform's, and those for the caller's account."""
    account = None if caller is STRANGER else caller.account_id
    return cost_of(await use.llm.use(ReadLlmUse(account_id=account, tier=caller.tier)))
