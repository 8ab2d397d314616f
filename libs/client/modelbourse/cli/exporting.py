"""`modelbourse admin export-account`: all that the platform keeps of an account, as a file of JSON Lines."""

import json
import secrets
from pathlib import Path
from typing import Annotated

import typer

from modelbourse.asking import path_to
from modelbourse.cli.accounts import PATH, Id
from modelbourse.cli.errors import CommandError
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, counted, print_json, say


def export_account(
    account_id: Id,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where to: a line of JSON a document.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file, if there is one.")] = False,
    json_: JsonOption = False,
) -> None:
    """Write all that the platform keeps of an account to a file, for its owner: no secrets, and nothing of others."""
    if output.is_dir():
        message = f"{output} is a folder: name a file in it"
        raise CommandError(message)
    if output.exists() and not force:
        message = f"{output} is there already: --force replaces it"
        raise CommandError(message)
    beside = output.with_name(f".{output.name[:100]}.{secrets.token_hex(4)}.part")
    counts: dict[str, int] = {}
    client, after = open_client(), ""
    try:
        # Others on this machine need not read it.
        beside.touch(mode=0o600, exist_ok=False)
    except OSError as error:
        message = f"no file can be made in the folder {output.parent}: {error.strerror}\n→ make that folder first, or name another with -o"
        raise CommandError(message) from error
    try:
        with beside.open("w", encoding="utf-8") as file:
            while True:
                page = client.call("GET", path_to(f"{PATH}/", account_id, then="/export"), params={"after": after})
                for line in page["lines"]:
                    counts[line["kind"]] = counts.get(line["kind"], 0) + 1
                    file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
                if page["next_after"] is None:
                    break
                after = page["next_after"]
        beside.replace(output)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    if json_:
        return print_json({"file": str(output), "documents": counts})
    for kind, count in counts.items():
        say(f"{kind}: {count}")
    return say(f"{counted(sum(counts.values()), 'document', page=1, page_size=10**9)} of {account_id} in {output}")
