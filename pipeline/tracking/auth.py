"""Which token goes with a request: a ready one, or one from client credentials, renewed in time.

A 401 is answered by one renewal, which one task does while the others wait; a second one ends the polling.
"""

import asyncio
import math
from collections.abc import Callable

import httpx
import orjson
from pydantic import SecretStr

from pipeline.errors import CredentialsError, ParcelsError, ServiceError
from pipeline.settings import Account
from pipeline.tracking.budget import Budget

# A token must outlive the request that carries it.
RENEW_AHEAD_SECONDS = 120.0


class Credentials:
    """The tokens of one account. Fetching one takes a slot of the budget like any other request."""

    def __init__(
        self,
        account: Account,
        client: httpx.AsyncClient,
        budget: Budget,
        clock: Callable[[], float],
    ) -> None:
        self._account = account
        self._client = client
        self._budget = budget
        self._clock = clock
        self._lock = asyncio.Lock()
        self._ready = account.access_token is not None
        self._token = account.access_token.get_secret_value() if account.access_token else ""
        self._expires_at = math.inf if self._ready else 0.0
        self._renewed_after_401 = False
        self._trouble: ParcelsError | None = None

    async def token(self) -> str:
        """A token that is good for the next request. Raises CredentialsError or ServiceError when none can be had."""
        async with self._lock:
            if self._trouble:
                raise self._trouble
            if self._clock() > self._expires_at - RENEW_AHEAD_SECONDS:
                await self._renew()
            return self._token

    async def renew(self, refused: str) -> None:
        """The API refused `refused` with a 401: get another, once.

        Raises CredentialsError when there is none to get or a renewed one was refused as well.
        """
        async with self._lock:
            if refused != self._token:
                return
            if self._ready:
                raise CredentialsError(
                    "The API refuses the access token (401): check PARCELS_ACCESS_TOKEN, it may have expired."
                )
            if self._renewed_after_401:
                raise CredentialsError(
                    "The API refuses even a fresh token (401): check that PARCELS_CLIENT_ID belongs to an active"
                    f" account at {self._account.api_url}."
                )
            await self._renew()
            self._renewed_after_401 = True

    def accepted(self) -> None:
        """The API took the token: a later 401 is about its age, not about the credentials."""
        self._renewed_after_401 = False

    async def _renew(self) -> None:
        try:
            await self._fetch()
        except ParcelsError as trouble:
            # Whoever waits for the same token must not ask for it again in vain.
            self._trouble = trouble
            raise

    async def _fetch(self) -> None:
        secret = self._account.client_secret or SecretStr("")
        slot = await self._budget.slot(deadline=math.inf)
        form = {
            "grant_type": "client_credentials",
            "client_id": self._account.client_id or "",
            "client_secret": secret.get_secret_value(),
        }
        url = f"{self._account.api_url}/v1/auth/token"
        try:
            response = await self._client.post(url, data=form)
        except httpx.HTTPError as error:
            raise ServiceError(
                f"No token could be fetched from {url} ({type(error).__name__}): check PARCELS_API_URL and the network."
            ) from None
        self._budget.settle(slot, response.headers)
        if response.status_code in {400, 401, 403}:
            raise CredentialsError(
                f"The API refuses the client credentials ({response.status_code}):"
                " check PARCELS_CLIENT_ID and PARCELS_CLIENT_SECRET."
            )
        try:
            data = orjson.loads(response.content)["data"]
            self._token, lifetime = str(data["access_token"]), float(data.get("expires_in", 3600))
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            raise ServiceError(
                f"{url} answered {response.status_code} without a token: check PARCELS_API_URL, or try again later."
            ) from None
        self._expires_at = self._clock() + lifetime
