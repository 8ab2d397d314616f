"""Access tokens as signed JWTs (HS256) with a ring of keys: the first signs, all verify, so keys can be changed without a log-out."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import jwt

from libs.contracts.ids import new_id
from services.gateway.domain.accounts.credentials import Claims
from services.gateway.domain.errors import AuthenticationError

ALGORITHM: Final = "HS256"
ISSUER: Final = "modelbourse"
AUDIENCE: Final = "modelbourse-api"
REQUIRED: Final = ["exp", "iat", "sub", "iss", "aud", "sid", "epoch"]


class TokensJwt:
    """Implements the port Tokens. `keys` are (kid, secret), the signing one first."""

    def __init__(self, keys: Sequence[tuple[str, str]]) -> None:
        self._kid, self._secret = keys[0]
        self._ring = dict(keys)

    def sign(self, claims: Claims) -> str:
        """Return a signed token."""
        said = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": claims.account_id,
            "sid": claims.session_id,
            "epoch": claims.epoch,
            "iat": datetime.now(UTC),
            "exp": claims.expires_at,
            "jti": new_id("token"),
        }
        return jwt.encode(said, self._secret, algorithm=ALGORITHM, headers={"kid": self._kid})

    def read(self, token: str) -> Claims:
        """Raise AuthenticationError when the token is forged, expired or not ours."""
        try:
            secret = self._ring[jwt.get_unverified_header(token).get("kid", "")]
            # The algorithm is ours to choose, never the token's: `none` and keys of another kind are refused.
            said = jwt.decode(token, secret, algorithms=[ALGORITHM], audience=AUDIENCE, issuer=ISSUER, options={"require": REQUIRED})
            return Claims(
                account_id=str(said["sub"]),
                session_id=str(said["sid"]),
                epoch=int(said["epoch"]),
                expires_at=datetime.fromtimestamp(said["exp"], UTC),
            )
        except jwt.ExpiredSignatureError as error:
            msg = "The token has expired; refresh it or log in again."
            raise AuthenticationError(msg) from error
        except (jwt.InvalidTokenError, KeyError, TypeError, ValueError) as error:
            msg = "The token is not valid."
            raise AuthenticationError(msg) from error
