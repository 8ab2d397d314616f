"""What ML Development answers about recipes and their versions."""

from typing import Any, Final, Literal

from pydantic import Field

from modelbourse.answers.answer import AT, Answer, JsonObject, Moment, left_out

FamilyName = Literal["pricing", "next_best_action", "location_scoring", "forecasting"]
LevelName = Literal["baseline", "industry", "client"]
RecipeStatusName = Literal["draft", "approved", "archived"]
OWN_RECIPE: Final = "recipe_01kab8m5v8ezfvzcr0s2k2h7qd"
OWN_VERSION: Final = "ver_01kab8m7j3fm0rrc5q9y2w6n4t"
MANIFEST: Final[JsonObject] = {"split": {"test_fraction": 0.2}, "seed": 11}
DIFF: Final[list[JsonObject]] = [{"op": "replace", "path": "/split/test_fraction", "from": 0.25, "to": 0.2}]


class MlRecipe(Answer):
    """A recipe."""

    id: str = Field(description="The recipe's id.", examples=[OWN_RECIPE])
    name: str = Field(description="What it is called.", examples=["Retail Pricing v1"])
    model_family: FamilyName = Field(description="What its models are for.", examples=["pricing"])
    level: LevelName = Field(
        description="`baseline`, `industry` or `client`: from the foundation to what one client has.", examples=["client"]
    )
    status: RecipeStatusName = Field(description="`draft`, `approved` or `archived`.", examples=["approved"])
    parent_id: str | None = Field(description="The recipe that it inherits from; null: none.", examples=["recipe_pricing_base"])
    tags: list[str] = Field(description="Words of its owner's, to find it by.", examples=[["retail"]])
    created_at: Moment = Field(description="When it was made.", examples=[AT])
    updated_at: Moment = Field(description="When it last changed.", examples=[AT])
    is_shipped: bool = Field(
        description="Whether it is the platform's own: everybody's to use and to clone, nobody's to change.", examples=[False]
    )
    version_id: str = Field(description="Its newest version.", examples=[OWN_VERSION])
    version_number: str = Field(description="That version's semantic number.", examples=["1.1.0"])
    versions: int = Field(description="How many versions it has.", examples=[2])
    approved_version_id: str | None = Field(
        description="The version that was approved: versions that are added later are not, until the recipe is approved again; null where "
        "none was, or nobody kept which.",
        examples=[OWN_VERSION],
    )
    approved_version_number: str | None = Field(description="That version's number.", examples=["1.1.0"])
    notes: list[str] = Field(
        description="What to know of it, in sentences: that its newest version is not the one that was approved.", examples=[[]]
    )


class MlRecipes(Answer):
    """A part of the recipes."""

    recipes: list[MlRecipe] = Field(description="At most `limit` of them.")
    total: int = Field(description="How many there are in all, with these filters.", examples=[1])


class MlInheritedVersion(Answer):
    """A version of another recipe that is inherited from."""

    recipe_id: str = Field(description="The recipe.", examples=["recipe_pricing_base"])
    version_id: str = Field(description="Its version.", examples=["ver_pricing_base_v1"])
    version_number: str = Field(description="That version's number.", examples=["1.0.0"])


class MlManifestChange(Answer):
    """One difference between two resolved manifests."""

    op: Literal["add", "remove", "replace"] = Field(description="What was done.", examples=["replace"])
    path: str = Field(description="Where, as a JSON pointer (RFC 6901).", examples=["/split/test_fraction"])
    from_: Any = Field(alias="from", description="What was there; null where nothing was.", examples=[0.25])
    to: Any = Field(description="What is there; null where nothing is.", examples=[0.2])


class MlRecipeVersion(Answer):
    """A version of a recipe; it never changes."""

    version_id: str = Field(description="The version's id.", examples=[OWN_VERSION])
    recipe_id: str = Field(description="Whose version it is.", examples=[OWN_RECIPE])
    version_number: str = Field(description="Its semantic number.", examples=["1.1.0"])
    manifest_json: JsonObject = Field(
        description="The manifest as it was sent: of a recipe with a parent, what it changes of the parent's (JSON Merge Patch, RFC 7396).",
        examples=[MANIFEST],
    )
    diff_from_prev: list[MlManifestChange] | None = Field(
        description="How its resolved manifest differs from the version before; null of the first.", examples=[DIFF]
    )
    created_by: str = Field(description="Who made it.", examples=["ada"])
    created_at: Moment = Field(description="When it was made.", examples=[AT])
    change_note: str = Field(description="Why.", examples=["Less is held out"])
    resolved_manifest: JsonObject = Field(
        description="All that decides what a run does: what is inherited, what is changed, and every default.", examples=[MANIFEST]
    )
    parent_version_id: str | None = Field(
        description="The version of the parent that it inherits from, whatever becomes of the parent; null: none.",
        examples=["ver_pricing_base_v1"],
    )
    inherits: list[MlInheritedVersion] = Field(description="All that it inherits from, the farthest first.")


class MlRecipeVersions(Answer):
    """A part of a recipe's versions."""

    versions: list[MlRecipeVersion] = Field(description="The newest first.")
    total: int = Field(description="How many there are in all.", examples=[1])


class MlRecipeWhole(MlRecipe):
    """A recipe; where it was asked for (`resolved=true`), with the manifest of its newest version, else without these keys."""

    manifest_json: JsonObject | None = Field(
        None, description="With `resolved=true`: the manifest of the newest version as it was sent.", json_schema_extra=left_out
    )
    resolved_manifest: JsonObject | None = Field(
        None,
        description="With `resolved=true`: that manifest with what it inherits and every default, which decides what a run does.",
        json_schema_extra=left_out,
    )
    inherits: list[MlInheritedVersion] | None = Field(
        None, description="With `resolved=true`: all that the newest version inherits from, the farthest first.", json_schema_extra=left_out
    )
