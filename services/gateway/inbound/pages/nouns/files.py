"""Files: the data root, from which trainings on texts read and into which jobs write."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

from services.gateway.inbound.pages.nouns.text_data import API, CONTENT, ENDINGS
from services.gateway.inbound.pages.page import Action, Facts, Form, Page, Read, Upload, page_number

ROOT: Final = "/app/files"
# The API's largest list, and how many of them make a page: folders are told from paths, so that most are shown on one page.
PART: Final = 100
PARTS: Final = 5
SIZE: Final = PART * PARTS


def _parts(facts: Facts) -> Mapping[str, Read]:
    """Return the reads of the page's part of the files."""
    asked = facts["asked"]
    start = (page_number(asked) - 1) * SIZE
    starts = range(start, min(start + SIZE, max(facts["files"]["pagination"]["total"], start + 1)), PART)
    prefix = {"prefix": asked["prefix"]} if asked.get("prefix") else {}
    return {f"part {at}": Read(f"{API}/files", fixed={**prefix, "limit": PART, "offset": each}) for at, each in enumerate(starts)}


def _shape(facts: Facts) -> Mapping[str, Any]:
    """Return the folders and the files at the prefix, and the folders above it."""
    prefix = facts["asked"].get("prefix", "").removeprefix("./")
    folder = prefix[: prefix.rfind("/") + 1]
    rows = [each for at in range(PARTS) for each in (facts.get(f"part {at}") or {"items": ()})["items"]]
    folders: dict[str, dict[str, int]] = {}
    for each in rows:
        name, slash, _ = each["path"].removeprefix(folder).partition("/")
        if slash:
            told = folders.setdefault(f"{folder}{name}/", {"files": 0, "size": 0})
            told["files"] += 1
            told["size"] += each["size"]
    names = folder.split("/")[:-1]
    return {
        "folder": folder,
        "prefix": prefix,
        "above": [("/".join(names[: at + 1]) + "/", name) for at, name in enumerate(names)],
        "folders": folders,
        "rows": [each for each in rows if "/" not in each["path"].removeprefix(folder)],
        "content": CONTENT,
        "endings": ENDINGS,
        "size": SIZE,
    }


def _place(form: Form) -> str:
    """Return where a file that is sent goes."""
    folder = form.get("folder", "").strip().rstrip("/")
    # Slashes, too: a client would resolve `..` on the way, and the API is to refuse it.
    return f"{API}/files/{quote(f'{folder}/' if folder else '', safe='')}{quote(form['filename'], safe='')}"


def _to_folder(answer: Any, _: Mapping[str, str]) -> str:
    folder = answer["path"][: answer["path"].rfind("/") + 1]
    return f"{ROOT}?{urlencode({'prefix': folder})}" if folder else ROOT


PAGES: Final = (
    Page(
        path=ROOT,
        template="files.html",
        title="Files",
        reads={"files": Read(f"{API}/files", query=("prefix",), fixed={"limit": 1})},
        more=_parts,
        shape=_shape,
        actions={
            "delete": Action("DELETE", f"{API}/files/{{file_path}}", done="The file is deleted."),
            "delete_folder": Action("DELETE", f"{API}/files/{{file_path}}?recursive=true", done="The folder is deleted."),
        },
        upload=Upload("PUT", _place, ("folder",), goes=_to_folder, done="The file is there."),
    ),
)
FILES: Final[Mapping[str, str]] = {f"{CONTENT}/{{path:path}}": f"{API}/files/{{path}}"}
