"""What ML Development's assistant answers: words with their sources, calls that may come next, and a proposed manifest."""

from typing import Any, Final, Literal

from pydantic import Field

from modelbourse.answers.answer import AT, REASONS, Answer, JsonObject, Moment
from modelbourse.answers.ml_development.recipes import DIFF, FamilyName, MlManifestChange
from modelbourse.answers.ml_development.runs import RECIPE_ID, VERSION_ID

SourceKind = Literal["recipe", "recipes", "recipe_version", "run", "model", "snapshot", "page"]
TopicName = Literal["recipe", "result", "changes", "drift", "failure", "promotion", "choice", "proposal", "status", "pages"]
SAID: Final = "Proposed for Pricing Baseline v1 (recipe_pricing_base), over its version 1.0.0: /split/test_fraction from 0.25 to 0.2 [1]."
PATH: Final = f"/api/ml-development/recipes/{RECIPE_ID}/versions/{VERSION_ID}"
SENT: Final[JsonObject] = {"split": {"test_fraction": 0.2}}
BODY: Final[JsonObject] = {"manifest_json": SENT, "change_note": "Less is held out"}


class MlChatSource(Answer):
    """Where something stands that an answer rests on."""

    number: int = Field(description="By which it is cited: `[1]`.", examples=[1])
    kind: SourceKind = Field(description="A thing of the platform, or a `page`.", examples=["recipe_version"])
    title: str = Field(description="What it is.", examples=["Version 1.0.0 of recipe_pricing_base (ver_pricing_base_v1)"])
    path: str = Field(description="Its address in this API; of a page its path in the repository, with the anchor.", examples=[PATH])
    text: str = Field(description="What it says: the facts that were told of it, or the passage.", examples=["Held out are 25% by time."])


class MlChatCall(Answer):
    """A request that may come next. Nobody sends it but you."""

    title: str = Field(description="What it does.", examples=["Add it as a version"])
    method: Literal["GET", "POST", "PUT", "DELETE"] = Field(description="Its method.", examples=["POST"])
    path: str = Field(
        description="Its path and query; what stands in braces is to be filled in.",
        examples=[f"/api/ml-development/recipes/{RECIPE_ID}/versions"],
    )
    body: JsonObject | None = Field(description="Its body; null where it has none.", examples=[BODY])


class MlProposal(Answer):
    """Another manifest of a recipe, which keeps to its family's schema. Nothing was changed."""

    recipe_id: str = Field(description="The recipe.", examples=[RECIPE_ID])
    base_version_id: str = Field(description="Its version that the proposal is made over.", examples=[VERSION_ID])
    model_family: FamilyName = Field(description="Its family, by whose schema the proposal was checked.", examples=["pricing"])
    diff: list[MlManifestChange] = Field(description="How the resolved manifest would differ.", examples=[DIFF])
    manifest_json: JsonObject = Field(
        description="What a new version is sent: of a recipe of yours all that it says itself, of the platform's what a clone changes.",
        examples=[SENT],
    )
    resolved_manifest: dict[str, Any] = Field(description="All that a run of it would do.", examples=[SENT])
    summary: str = Field(description="What it changes, in words.", examples=["/split/test_fraction from 0.25 to 0.2"])


class MlChatAnswer(Answer):
    """An answer about recipes, runs and models, from facts of the platform."""

    response: str = Field(description="The answer; `[1]` cites a source.", examples=[SAID])
    recipe_id: str | None = Field(description="The recipe that it is about; null: about none.", examples=[RECIPE_ID])
    suggestions: list[MlChatCall] = Field(description="Calls that may come next.")
    sources: list[MlChatSource] = Field(description="What it rests on.")
    proposal: MlProposal | None = Field(description="A changed manifest, where one was asked for; null otherwise.")
    timestamp: Moment = Field(description="When it was answered.", examples=[AT])
    topic: TopicName = Field(description="What the question was taken to be about.", examples=["proposal"])
    questions: list[str] = Field(description="What may be asked next.", examples=[["What changed between its versions?"]])
    answered_by: Literal["facts", "llm"] = Field(
        description="`facts`: the platform's own sentences; `llm`: an LLM's, of which each cites a source, with no number that is in none.",
        examples=["facts"],
    )
    model: str | None = Field(description="Which LLM; null where none has phrased it.", examples=[None])
    dropped: list[str] = Field(description="What an LLM has said without a founded source: it is no part of the answer.", examples=[[]])
    reasons: dict[str, str] = REASONS
