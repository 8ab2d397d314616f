"""`modelbourse ml chat`: questions about recipes, runs and models, answered from facts."""

import json
from pathlib import Path
from typing import Annotated

import typer

from modelbourse.cli.ml.given import RecipeOption
from modelbourse.cli.ml.shown import print_changes
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, print_json, say


def chat(
    question: Annotated[list[str], typer.Argument(metavar="QUESTION", help="In words; ids in it say what it is about.")],
    *,
    recipe: RecipeOption = None,
    manifest: Annotated[Path | None, typer.Option(help="Write a manifest that is proposed to this file, for `versions add`.")] = None,
    json_: JsonOption = False,
) -> None:
    """Ask about recipes, runs and models: the answer with its sources, what may come next, and a manifest where one is proposed.

    modelbourse ml chat Hold out 30 %, please --recipe recipe_pricing_base --manifest proposed.json
    """
    answer = open_client().ml.chat.ask(" ".join(question), recipe_id=recipe)
    proposal = answer.proposal
    if manifest is not None and proposal is not None:
        manifest.write_text(json.dumps(proposal.manifest_json, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if json_:
        return print_json(answer)
    say(answer.response)
    say("")
    for source in answer.sources:
        say(f"[{source.number}] {source.title}: {source.path}")
    if proposal is not None:
        print_changes(proposal.diff, title=f"proposed for {proposal.recipe_id}, over {proposal.base_version_id}; nothing was changed")
        if manifest is not None:
            say(f"wrote {manifest}; add it: modelbourse ml versions add {proposal.recipe_id} {manifest}")
    elif manifest is not None:
        say(f"no manifest: {answer.reasons.get('proposal', 'none was proposed')}")
    for call in answer.suggestions:
        say(f"→ {call.title}: {call.method} {call.path}")
    return None
