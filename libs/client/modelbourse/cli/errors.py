"""What goes wrong in a command itself, before or beside what the client raises."""


class CommandError(Exception):
    """What went wrong, in a sentence that says what to do next; `status` is the command's exit status (2: it must be given otherwise)."""

    def __init__(self, message: str, *, status: int = 1) -> None:
        super().__init__(message)
        self.status = status
