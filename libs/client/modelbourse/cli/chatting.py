"""`modelbourse chat`: questions about the platform, answered from its own pages."""

from typing import Annotated

import typer

from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, print_json, say


def chat(
    question: Annotated[list[str] | None, typer.Argument(metavar="QUESTION", help="In words; none: what can be asked.")] = None,
    *,
    conversation: Annotated[str | None, typer.Option("--conversation", "-c", help="Go on with this conversation.")] = None,
    json_: JsonOption = False,
) -> None:
    """Ask about the platform: it answers from its own pages, and says where each thing stands.

    modelbourse chat How is a backup restored?
    """
    client = open_client()
    if not question:
        found = client.chat.suggestions()
        return print_json(found) if json_ else say("\n".join(found.suggestions))
    answer = client.chat.ask(" ".join(question), conversation_id=conversation)
    if json_:
        return print_json(answer)
    say(answer.response)
    say("")
    for passage in answer.passages:
        say(f"[{passage.number}] {passage.source}")
    return say(f"ask on: modelbourse chat -c {answer.conversation_id} …")
