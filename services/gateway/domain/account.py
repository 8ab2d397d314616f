"""Accounts: who uses the platform, in which role and tier, and what a good username, email and password are."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

USERNAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{1,62}[A-Za-z0-9])")
USERNAME_RULE: Final = "3 to 64 letters, digits, '_', '.' or '-', beginning and ending with a letter or digit"
EMAIL: Final = re.compile(
    r"[^\s@\"(),:;<>\[\\\]\x00-\x1f\x7f]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]"
)
EMAIL_MOST: Final = 254
PASSWORD_LEAST: Final = 8
PASSWORD_MOST: Final = 128
DIFFERENT_CHARACTERS_LEAST: Final = 4


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
    """One user of the platform. `version` guards against lost updates; `epoch` grows when every older token must die."""

    id: str
    username: str
    email: str
    password_hash: str
    role: Role
    tier: Tier
    created_at: datetime
    epoch: int = 0
    version: int = 0


def username_problems(username: str) -> list[str]:
    """Say what is wrong with a username; nothing when it will do."""
    return [] if USERNAME.fullmatch(username) else [f"A username has {USERNAME_RULE}."]


def email_problems(email: str) -> list[str]:
    """Say what is wrong with an email address; nothing when it has the form of one."""
    return [] if len(email) <= EMAIL_MOST and EMAIL.fullmatch(email) else ["This is not an email address, such as ada@example.com."]


def password_problems(password: str, *, username: str) -> list[str]:
    """Say what is wrong with a new password; nothing when it will do."""
    problems = []
    if not PASSWORD_LEAST <= len(password) <= PASSWORD_MOST:
        problems.append(f"A password has {PASSWORD_LEAST} to {PASSWORD_MOST} characters.")
    elif len(set(password)) < DIFFERENT_CHARACTERS_LEAST:
        problems.append(f"A password has at least {DIFFERENT_CHARACTERS_LEAST} different characters.")
    if password.casefold() == username.casefold():
        problems.append("A password is not the username.")
    return problems
