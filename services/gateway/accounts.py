"""Accounts' part of the gateway's wiring: their stores, log-ins and API keys."""

from dataclasses import dataclass
from functools import partial

from libs.chassis.limits import RateLimits
from libs.chassis.process import Chassis
from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now
from services.gateway.domain.accounts.tier_limits import TierLimits
from services.gateway.outbound.accounts.accounts_mongo import AccountsMongo
from services.gateway.outbound.accounts.api_keys_mongo import ApiKeysMongo
from services.gateway.outbound.accounts.guesses_redis import GuessesRedis
from services.gateway.outbound.accounts.known_sources_mongo import KnownSourcesMongo
from services.gateway.outbound.accounts.passwords_argon2 import PasswordsArgon2
from services.gateway.outbound.accounts.registrations_limited import RegistrationsLimited
from services.gateway.outbound.accounts.sessions_mongo import SessionsMongo
from services.gateway.outbound.accounts.tokens_jwt import TokensJwt
from services.gateway.outbound.alerts_mongo import AlertsMongo
from services.gateway.outbound.dead_letters_mongo import DeadLettersMongo
from services.gateway.outbound.fleet_mongo import FleetMongo
from services.gateway.outbound.repeats_mongo import RepeatsMongo
from services.gateway.settings import Settings
from services.gateway.usecases.accounts.change_account import ChangePassword, RevokeKeys
from services.gateway.usecases.accounts.check_credential import CheckCredential
from services.gateway.usecases.accounts.log_in import LogIn, LogOut
from services.gateway.usecases.accounts.make_api_key import MakeApiKey
from services.gateway.usecases.accounts.make_first_key import MakeFirstKey
from services.gateway.usecases.accounts.register import Register
from services.gateway.usecases.nouns import AccountUseCases


@dataclass(frozen=True, slots=True)
class Stores:
    """The gateway's collections."""

    accounts: AccountsMongo
    sessions: SessionsMongo
    api_keys: ApiKeysMongo
    known: KnownSourcesMongo
    repeats: RepeatsMongo
    letters: DeadLettersMongo
    fleet: FleetMongo
    alerts: AlertsMongo

    async def prepare(self) -> None:
        """Make indexes."""
        for store in (self.accounts, self.sessions, self.api_keys, self.known, self.repeats, self.letters, self.fleet, self.alerts):
            await store.prepare()


def make_stores(database: Database) -> Stores:
    """Return the gateway's collections."""
    return Stores(
        accounts=AccountsMongo(database["accounts"]),
        sessions=SessionsMongo(database["sessions"]),
        api_keys=ApiKeysMongo(database["api_keys"]),
        known=KnownSourcesMongo(database["known_sources"]),
        repeats=RepeatsMongo(database["repeats"]),
        letters=DeadLettersMongo(database["dead_letters"]),
        fleet=FleetMongo(database["fleet"]),
        alerts=AlertsMongo(database["alerts"]),
    )


def make_accounts(settings: Settings, chassis: Chassis, stores: Stores, rates: RateLimits) -> AccountUseCases:
    """Wire log-ins, passwords and API keys."""
    passwords, tokens = PasswordsArgon2(at_once=settings.password_threads), TokensJwt(settings.jwt_keys)
    guessing = partial(GuessesRedis, chassis.redis, free=settings.free_guesses, pause_s=settings.guess_pause, wait_s=settings.guess_wait)
    guesses = guessing(key=settings.key)
    # Guesses from within are counted apart: nobody outside can lock an owner out of a change of password.
    own_guesses = guessing(key=partial(settings.key, "within"))
    check = CheckCredential(
        accounts=stores.accounts,
        sessions=stores.sessions,
        api_keys=stores.api_keys,
        tokens=tokens,
        remember_s=settings.credential_memory_s,
    )
    lives = {"access_life": settings.access_token_life, "refresh_life": settings.refresh_token_life}
    registrations = RegistrationsLimited(rates, per_hour=settings.registrations_per_hour)
    register = Register(stores.accounts, passwords, now, settings.new_account_tier, registrations)
    make_key = MakeApiKey(stores.api_keys, TierLimits(settings.tier_limits), now)
    return AccountUseCases(
        accounts=stores.accounts,
        api_keys=stores.api_keys,
        register=register,
        log_in=LogIn(stores.accounts, stores.sessions, passwords, tokens, guesses, stores.known, now, **lives),
        log_out=LogOut(stores.sessions, check, now),
        change_password=ChangePassword(stores.accounts, stores.sessions, stores.api_keys, passwords, own_guesses, stores.known, check, now),
        make_key=make_key,
        make_first_key=MakeFirstKey(stores.accounts, register, make_key),
        revoke_keys=RevokeKeys(stores.accounts, stores.api_keys, check),
        check_credential=check,
    )
