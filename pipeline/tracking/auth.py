"""Which token goes with a request: a ready one, or one from client credentials, renewed in time.

A 401 is answered by one renewal, which one task does while the others wait; a second one ends the polling.
"""

import asyncio
import hashlib
import math
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import orjson

from pipeline.errors import CredentialsError, ParcelsError, ServiceError
from pipeline.settings import Account
from pipeline.tracking.budget import Budget

# A token must outlive the request that carries it.
RENEW_AHEAD_SECONDS = 120.0
# An authorization server that does not answer is asked once more, one that says "too many" a few times more.
MAX_FAILURES = 2
MAX_REJECTIONS = 5


class Credentials:
    """The tokens of one account. Fetching one takes a slot of the budget like any other request.

    A fetched token is kept in `store` (mode 0600), so that the next run need not fetch another.
    """

    def __init__(
        self,
        account: Account,
        client: httpx.AsyncClient,
        budget: Budget,
        store: Path,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._account = account
        self._client = client
        self._budget = budget
        self._store = store
        self._clock = clock
        self._sleep = sleep
        self._lock = asyncio.Lock()
        self._trouble: ParcelsError | None = None
        self._renewed_after_401 = False
        self._is_ready = account.access_token is not None
        self._token, self._expires_at = "", 0.0
        if account.access_token is not None:
            self._token, self._expires_at = account.access_token.get_secret_value(), math.inf
        else:
            self._token, self._expires_at = self._kept_token()

    async def token(self, deadline: float = math.inf) -> str | None:
        """A token that is good for the next request; None when the budget has no room for one before `deadline`.

        Raises CredentialsError or ServiceError when none can be had.
        """
        async with self._lock:
            if self._trouble:
                raise self._trouble
            if self._clock() > self._expires_at - RENEW_AHEAD_SECONDS and not await self._renew(deadline):
                return None
            return self._token

    async def renew(self, refused: str, deadline: float = math.inf) -> None:
        """The API refused `refused` with a 401: get another, once, if the budget has room for it before `deadline`.

        Raises CredentialsError when there is none to get or a renewed one was refused as well.
        """
        async with self._lock:
            if self._trouble:
                raise self._trouble
            if refused != self._token:
                return
            if self._is_ready:
                self._trouble = CredentialsError(
                    f"The API refuses the access token (401): check {self._setting('access_token')},"
                    " it may have expired or been revoked."
                )
                raise self._trouble
            if self._renewed_after_401:
                self._trouble = CredentialsError(
                    f"The API refuses even a fresh token (401): check that {self._setting('client_id')} belongs to an"
                    f" active account at {self._account.api_url}."
                )
                raise self._trouble
            self._renewed_after_401 = True
            await self._renew(deadline)

    def accepted(self) -> None:
        """The API took the token: a later 401 is about its age, not about the credentials."""
        self._renewed_after_401 = False

    async def _renew(self, deadline: float) -> bool:
        try:
            is_fetched = await self._fetch(deadline)
        except ParcelsError as trouble:
            # Whoever waits for the same token must not ask for it again in vain.
            self._trouble = trouble
            raise
        if is_fetched:
            self._keep_token()
        return is_fetched

    async def _fetch(self, deadline: float) -> bool:
        url = f"{self._account.api_url}/v1/auth/token"
        failures = rejections = 0
        while True:
            slot = await self._budget.slot(deadline)
            if slot is None:
                return False
            try:
                response = await self._client.post(url, data=self._form())
            except httpx.HTTPError as error:
                self._budget.settle(slot, {})
                what = f"does not answer ({type(error).__name__})"
            else:
                self._budget.settle(slot, response.headers, rejected=response.status_code == 429)
                if response.status_code in {400, 401, 403}:
                    raise CredentialsError(
                        f"The API refuses the client credentials ({response.status_code}):"
                        f" check {self._setting('client_id')} and {self._setting('client_secret')}."
                    )
                if response.status_code == 429 and rejections < MAX_REJECTIONS:
                    rejections += 1
                    continue
                if self._read(response.content):
                    return True
                what = f"answers {response.status_code} without a token"
            failures += 1
            if failures >= MAX_FAILURES:
                raise ServiceError(f"{url} {what}: check {self._setting('api_url')} and the network, or try later.")
            await self._sleep(1.0)

    def _form(self) -> dict[str, str]:
        secret = self._account.client_secret
        return {
            "grant_type": "client_credentials",
            "client_id": self._account.client_id or "",
            "client_secret": secret.get_secret_value() if secret else "",
        }

    def _read(self, body: bytes) -> bool:
        """Take the token from an answer of the authorization server; False when it holds none."""
        try:
            document = orjson.loads(body)
            data = document.get("data", document)
            token, lifetime = data["access_token"], float(data.get("expires_in", 3600))
        except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError):
            return False
        if not (isinstance(token, str) and token):
            return False
        self._token, self._expires_at = token, self._clock() + lifetime
        return True

    def _owner(self) -> str:
        """Whose token it is: another client, or another server, must not get it."""
        return hashlib.sha256(orjson.dumps([self._account.api_url, self._form()])).hexdigest()

    def _kept_token(self) -> tuple[str, float]:
        try:
            kept = orjson.loads(self._store.read_bytes())
            if kept["owner"] == self._owner():
                return str(kept["token"]), float(kept["expires_at"])
        except (OSError, orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            pass
        return "", 0.0

    def _keep_token(self) -> None:
        """Losing the token costs one request, so a disk that won't take it is no trouble."""
        content = orjson.dumps({"owner": self._owner(), "token": self._token, "expires_at": self._expires_at})
        fresh = self._store.with_suffix(".new")
        try:
            fresh.unlink(missing_ok=True)
            fresh.touch(mode=0o600)
            fresh.write_bytes(content)
            fresh.replace(self._store)
        except OSError:
            fresh.unlink(missing_ok=True)

    def _setting(self, name: str) -> str:
        return self._account.setting(name)
