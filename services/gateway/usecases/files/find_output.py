"""Find where a job may put what it makes, before it is started: below a folder, and never over what was sent."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NoReturn

from libs.chassis.errors import InvalidError
from services.gateway.domain.files.paths import PATH_MOST, check_path, path_problem
from services.gateway.domain.files.ports import Files

OUTPUT: Final = "output_dir"


@dataclass(frozen=True, slots=True)
class Makes:
    """What a job makes below its folder: some paths of it, the longest among them, and whether a path is one that it may write."""

    paths: tuple[str, ...]
    writes: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class FindOutput:
    """A folder is refused by its field."""

    files: Files

    async def __call__(self, folder: str | None, makes: Makes, *, account_id: str) -> str:
        """Return the folder as it is kept, empty where none is named: the job has one of its own then. Raise InvalidError."""
        if not folder:
            return ""
        plain = check_path(folder, OUTPUT)
        for path in makes.paths:
            if path_problem(f"{plain}/{path}"):
                _refuse(f"What is made there has paths such as '{path}', and all in all one may have {PATH_MOST} characters.")
            if (other := await self.files.blocks(f"{plain}/{path}", account_id=account_id)) is not None:
                _refuse(f"'{plain}' cannot be a folder beside '{other}': what is a file is no folder.")
        sent = [file.path for file in await self.files.under(plain, account_id=account_id) if file.made_by is None]
        if over := next((path for path in sent if makes.writes(path.removeprefix(f"{plain}/"))), None):
            _refuse(f"'{over}' was sent, and would be replaced by what is made: name another folder, or delete that file.")
        return plain


def _refuse(why: str) -> NoReturn:
    raise InvalidError(why, details={OUTPUT: [why]})
