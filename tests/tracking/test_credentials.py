"""Tokens: fetched once, renewed in time, kept for the next run, and never asked for in vain."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from pydantic import SecretStr

from pipeline.errors import CredentialsError, ServiceError
from pipeline.settings import Account, parse_rate_limits
from pipeline.tracking.auth import RENEW_AHEAD_SECONDS, Credentials
from pipeline.tracking.budget import Budget
from pipeline.warehouse import DataFolder


class Server:
    """An authorization server that hands out numbered tokens, or answers with what it is told to."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        data = {"access_token": f"sk-{self.asked}", "token_type": "Bearer", "expires_in": 3600}
        return httpx.Response(200, json={"data": data})


class Shop:
    """One account's credentials against a server, with a clock that the test moves."""

    def __init__(self, folder: DataFolder, server: Server) -> None:
        self.now = 1_700_000_000.0
        self.folder = folder
        self.server = server

    @asynccontextmanager
    async def credentials(self, client_secret: str = "secret") -> AsyncIterator[Credentials]:
        account = Account(
            name="shop",
            api_url="https://api.example",
            client_id="client",
            client_secret=SecretStr(client_secret),
            rate_limits=parse_rate_limits("100/minute"),
        )
        state = self.folder.private(self.folder.state)
        budget = Budget(state / "b.sqlite", "shop", account.rate_limits, clock=lambda: self.now, sleep=self.sleep)
        async with httpx.AsyncClient(transport=httpx.MockTransport(self.server)) as client:
            yield Credentials(
                account, client, budget, state / "token-shop.json", clock=lambda: self.now, sleep=self.sleep
            )
        budget.close()

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def shop(folder: DataFolder) -> Shop:
    return Shop(folder, Server())


async def test_a_token_is_fetched_once_and_renewed_before_it_ends(shop: Shop) -> None:
    async with shop.credentials() as credentials:
        assert await credentials.token() == await credentials.token() == "sk-1"
        shop.now += 3600 - RENEW_AHEAD_SECONDS + 1
        assert await credentials.token() == "sk-2"


async def test_a_token_is_not_waited_for_beyond_the_end_of_the_run(shop: Shop) -> None:
    async with shop.credentials() as credentials:
        for _ in range(99):
            await credentials.renew(str(await credentials.token()))
            credentials.accepted()
        started = shop.now
        shop.now += 1
        await credentials.renew("sk-100", deadline=shop.now + 30)
        assert shop.server.asked == 100
        shop.now += 3600
        assert await credentials.token(deadline=shop.now + 30) == "sk-101"
        assert shop.now == started + 3601


async def test_the_next_run_uses_the_token_of_the_last(shop: Shop) -> None:
    async with shop.credentials() as credentials:
        await credentials.token()
    async with shop.credentials() as credentials:
        assert await credentials.token() == "sk-1"
    kept = shop.folder.state / "token-shop.json"
    assert kept.stat().st_mode & 0o777 == 0o600


async def test_another_client_does_not_get_a_kept_token(shop: Shop) -> None:
    async with shop.credentials() as credentials:
        await credentials.token()
    async with shop.credentials(client_secret="another") as credentials:
        assert await credentials.token() == "sk-2"


async def test_a_refused_token_is_renewed_by_one_task_while_the_others_wait(shop: Shop) -> None:
    async with shop.credentials() as credentials:
        refused = await credentials.token()
        await asyncio.gather(*(credentials.renew(refused) for _ in range(16)))
        assert await credentials.token() == "sk-2"
    assert shop.server.asked == 2


async def test_a_refused_renewal_ends_it_until_an_answer_was_accepted(shop: Shop) -> None:
    async with shop.credentials() as credentials:
        await credentials.renew(await credentials.token())
        credentials.accepted()
        await credentials.renew(await credentials.token())
        with pytest.raises(CredentialsError, match="PARCELS_CLIENT_ID"):
            await credentials.renew(await credentials.token())
        with pytest.raises(CredentialsError):
            await credentials.token()
    assert shop.server.asked == 3


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_wrong_credentials_cost_one_request(status: int, folder: DataFolder) -> None:
    shop = Shop(folder, Server(httpx.Response(status, json={"error": {"code": "401021"}})))
    async with shop.credentials() as credentials:
        for _ in range(3):
            with pytest.raises(CredentialsError, match="PARCELS_CLIENT_ID and PARCELS_CLIENT_SECRET"):
                await credentials.token()
    assert shop.server.asked == 1


@pytest.mark.parametrize(
    "failure",
    [httpx.ConnectError("no"), httpx.ReadTimeout("slow"), httpx.Response(502), httpx.Response(200, text="hi")],
)
async def test_a_server_that_fails_is_asked_once_more_and_then_named(
    failure: httpx.Response | Exception, folder: DataFolder
) -> None:
    shop = Shop(folder, Server(failure, failure))
    async with shop.credentials() as credentials:
        with pytest.raises(ServiceError, match=r"https://api\.example/v1/auth/token"):
            await credentials.token()
    assert shop.server.asked == 2


async def test_a_server_that_says_too_many_is_waited_for(folder: DataFolder) -> None:
    shop = Shop(folder, Server(httpx.Response(429, headers={"retry-after": "30"})))
    started = shop.now
    async with shop.credentials() as credentials:
        assert await credentials.token() == "sk-2"
    assert shop.now - started >= 30


async def test_a_torn_token_file_is_no_trouble(shop: Shop) -> None:
    (shop.folder.private(shop.folder.state) / "token-shop.json").write_bytes(b'{"owner": ')
    async with shop.credentials() as credentials:
        assert await credentials.token() == "sk-1"


async def test_a_token_call_counts_in_the_budget(shop: Shop) -> None:
    async with shop.credentials() as credentials:
        await credentials.token()
        used = [count for _, count in credentials._budget.used()]
    assert used == [1]
