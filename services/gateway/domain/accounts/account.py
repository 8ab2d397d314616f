"""Accounts: who uses the platform, in which role and tier, and what a good username, email and password are."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final

from services.gateway.domain.visible_text import text_problem

USERNAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{1,62}[A-Za-z0-9])")
USERNAME_RULE: Final = "3 to 64 letters, digits, '_', '.' or '-', beginning and ending with a letter or digit"
EMAIL: Final = re.compile(
    r"[^\s@\"(),:;<>\[\\\]\x00-\x1f\x7f]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]"
)
EMAIL_MOST: Final = 254
PASSWORD_LEAST: Final = 8
PASSWORD_MOST: Final = 128
DIFFERENT_CHARACTERS_LEAST: Final = 4
# Names that seem to speak for the platform, or for nobody; compared without case, dots, dashes and underscores.
PRODUCT: Final = "modelbourse"
RESERVED: Final = frozenset(
    [
        "abuse",
        "account",
        "accounts",
        "admin",
        "administrator",
        "administrators",
        "admins",
        "all",
        "anonymous",
        "api",
        "auth",
        "billing",
        "bot",
        "everyone",
        "gateway",
        "guest",
        "help",
        "helpdesk",
        "hostmaster",
        "inference",
        "info",
        "mail",
        "marketplace",
        "me",
        "moderator",
        "moderators",
        "monitoring",
        "noreply",
        "nobody",
        "none",
        "null",
        "official",
        "operator",
        "operators",
        "owner",
        "postmaster",
        "root",
        "security",
        "staff",
        "superuser",
        "support",
        "sysadmin",
        "system",
        "team",
        "training",
        "undefined",
        "unknown",
        "user",
        "webmaster",
    ]
)


class Role(StrEnum):
    """What an account may do at all."""

    USER = "user"
    ADMIN = "admin"


class Tier(StrEnum):
    """How much an account may use."""

    FREE = "free"
    PRO = "pro"
    ELITE = "elite"


@dataclass(frozen=True, slots=True)
class Account:
    """One user of the platform. `version` guards against lost updates; `epoch` grows when every older token must die.

    `erasing_at` is when an operator wanted it erased, until all of it is gone; `erased_at` is since when nothing says who it was.
    """

    id: str
    username: str
    email: str
    password_hash: str
    role: Role
    tier: Tier
    created_at: datetime
    epoch: int = 0
    version: int = 0
    suspended_at: datetime | None = None
    erasing_at: datetime | None = None
    erased_at: datetime | None = None


def username_problems(username: str, *, role: Role = Role.USER) -> list[str]:
    """Say what is wrong with a username; nothing when it will do. An admin, whom the operator makes, may have a reserved one."""
    if not USERNAME.fullmatch(username):
        return [f"A username has {USERNAME_RULE}."]
    plain = re.sub(r"[_.-]", "", username.casefold())
    if role is Role.USER and (plain in RESERVED or PRODUCT in plain):
        return ["This username is reserved: it would seem to speak for the platform."]
    return []


def email_problems(email: str) -> list[str]:
    """Say what is wrong with an email address; nothing when it has the form of one."""
    good = len(email) <= EMAIL_MOST and EMAIL.fullmatch(email) and text_problem(email) is None
    return [] if good else ["This is not an email address, such as ada@example.com."]


def password_problems(password: str, *, username: str, email: str) -> list[str]:
    """Say what is wrong with a new password; nothing when it will do."""
    problems = []
    if not PASSWORD_LEAST <= len(password) <= PASSWORD_MOST:
        problems.append(f"A password has {PASSWORD_LEAST} to {PASSWORD_MOST} characters.")
    elif len(set(password)) < DIFFERENT_CHARACTERS_LEAST:
        problems.append(f"A password has at least {DIFFERENT_CHARACTERS_LEAST} different characters.")
    plain = password.strip().casefold()
    if plain == username.casefold():
        problems.append("A password is not the username.")
    if plain in {email.casefold(), email.casefold().partition("@")[0]}:
        problems.append("A password is not the email address, nor the part before its @.")
    if plain in common_passwords():
        problems.append("This is one of the commonest passwords, which are tried first: choose another.")
    return problems


@cache
def common_passwords() -> frozenset[str]:
    """Return the commonest passwords of eight or more characters, in lower case (common_passwords.txt says where they come from)."""
    lines = files(__package__).joinpath("common_passwords.txt").read_text().splitlines()
    return frozenset(line for line in lines if not line.startswith("# "))
