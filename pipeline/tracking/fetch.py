"""Poll one account: the loop that turns a list of parcels into landed answers within the budget.

A few workers share the list. Each answer is landed before anything else happens to it; then its outcome decides:
ask again (429, a first 401, a passing failure), ask by the other identifier, or go on to the next parcel. One
parcel's trouble never ends the loop; trouble that is everyone's does, early, with one sentence.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from pipeline.errors import ParcelsError, ServiceError
from pipeline.tracking.api import Answer, Outcome, Query, TrackingApi
from pipeline.tracking.auth import Credentials
from pipeline.tracking.body import Flaw
from pipeline.tracking.budget import Budget

# The API asks the courier while we wait: 16 at once use 100 requests a minute up to 9.6 s an answer.
WORKERS = 16
MAX_ATTEMPTS = 3
MAX_REJECTIONS = 5
# So many requests failing one after the other, whatever the parcel: it is not the parcels.
FAILURES_IN_A_ROW = 10
# From this share of parcels on, answers that failed one by one are a failure of the run.
UNANSWERED_SHARE = 0.1
_PASSING = {Outcome.SERVER_ERROR, Outcome.TIMEOUT, Outcome.NETWORK_ERROR}
# Bodies that another try may well bring whole; it is worth one more request, not two.
_MAY_BE_WHOLE_NEXT_TIME = {Flaw.EMPTY, Flaw.WEB_PAGE, Flaw.NOT_JSON, Flaw.CUT_SHORT}
# Answers that the API itself would not give: a proxy, a maintenance page, an address that is not the API's.
_NOT_THE_API = {Flaw.EMPTY, Flaw.WEB_PAGE, Flaw.NOT_JSON, Flaw.REDIRECT, Flaw.TOO_LARGE}


@dataclass
class Progress:
    """How the polling of one account stands; read while it runs, returned when it ends."""

    account: str
    planned: int
    done: int = 0
    requests: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    # Parcels asked about to the last attempt without a whole answer, by what came of that.
    unanswered: Counter[str] = field(default_factory=Counter)
    waited_seconds: float = 0.0
    budget: Budget | None = None
    ran_out_of_time: bool = False
    trouble: ParcelsError | None = None


def ranked(counts: Counter[str]) -> str:
    """What was counted, most first, as `ok 110 + no_events 8`."""
    return " + ".join(
        f"{name} {count:,}" for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )


class Poller:
    """Polls the parcels of one account, with one worker for each of `apis`."""

    def __init__(
        self,
        apis: Sequence[TrackingApi],
        credentials: Credentials,
        budget: Budget,
        land: Callable[[Answer], None],
        *,
        deadline: float,
        sleep: Callable[[float], Awaitable[None]],
        jitter: random.Random,
    ) -> None:
        self._apis = apis
        self._credentials = credentials
        self._budget = budget
        self._land = land
        self._deadline = deadline
        self._sleep = sleep
        self._jitter = jitter
        self._failures = 0

    async def poll(self, queries: Iterable[Query], progress: Progress) -> None:
        """Ask about every parcel in order, until the list, the time or the service ends. Fills `progress`.

        The first parcel goes alone: credentials that are refused cost one request, not one a worker.
        """
        shared = iter(queries)
        await self._work(self._apis[0], islice(shared, 1), progress)
        async with asyncio.TaskGroup() as workers:
            for api in self._apis:
                workers.create_task(self._work(api, shared, progress))
        unanswered = progress.unanswered.total()
        if not progress.trouble and unanswered >= max(FAILURES_IN_A_ROW, progress.done * UNANSWERED_SHARE):
            progress.trouble = ServiceError(
                f"{unanswered:,} of {progress.done:,} parcels got no whole answer ({ranked(progress.unanswered)}):"
                " they stay due for the next run; check PARCELS_API_URL and the network if it happens again."
            )

    async def _work(self, api: TrackingApi, queries: Iterator[Query], progress: Progress) -> None:
        for query in queries:
            if progress.trouble or progress.ran_out_of_time:
                return
            try:
                is_settled = await self._poll_parcel(api, query, progress)
            except ParcelsError as trouble:
                progress.trouble = progress.trouble or trouble
                return
            if not is_settled:
                return
            progress.done += 1

    async def _poll_parcel(self, api: TrackingApi, query: Query, progress: Progress) -> bool:
        """Ask about one parcel until it is settled; False when the time or the service ended before it was."""
        attempts = rejections = 0
        while not progress.trouble:
            # A renewal waits for a slot of its own: before ours is taken, so that ours is used at once.
            token = await self._credentials.token(self._deadline)
            slot = await self._budget.slot(self._deadline) if token else None
            if slot is None or token is None:
                progress.ran_out_of_time = True
                return False
            # The wait for the slot may have outlived the token.
            token = await self._credentials.token(self._deadline) or token
            attempts += 1
            answer = await api.ask(query, token, attempts)
            self._land(answer)
            progress.requests += 1
            progress.outcomes[answer.outcome] += 1
            self._budget.settle(slot, answer.headers, rejected=answer.outcome is Outcome.RATE_LIMITED)
            self._watch_service(answer)

            if answer.outcome is Outcome.RATE_LIMITED:
                rejections += 1
                attempts -= 1
                if rejections >= MAX_REJECTIONS:
                    raise ServiceError(
                        f"The API turned the same request away {rejections} times (429): another program may use this"
                        " account's requests, or PARCELS_RATE_LIMITS is above what the account has."
                    )
            elif answer.outcome is Outcome.UNAUTHORIZED:
                await self._credentials.renew(token, self._deadline)
            elif attempts < _attempts_worth(answer):
                await self._sleep(2**attempts * self._jitter.uniform(0.5, 1.0))
            elif answer.outcome is Outcome.NOT_FOUND and query.asked_by == "order_id" and query.tracking_number:
                query, attempts = replace(query, asked_by="tracking_number"), 0
            else:
                if answer.outcome in _PASSING or answer.outcome is Outcome.MALFORMED:
                    progress.unanswered[answer.outcome] += 1
                return True
        return False

    def _watch_service(self, answer: Answer) -> None:
        is_malformed = answer.outcome is Outcome.MALFORMED
        if answer.outcome in _PASSING or (is_malformed and answer.reason in _NOT_THE_API):
            self._failures += 1
        elif answer.outcome is not Outcome.UNAUTHORIZED:
            self._failures = 0
            self._credentials.accepted()
        if self._failures >= FAILURES_IN_A_ROW:
            raise ServiceError(
                f"The API failed {self._failures} times in a row (last: {answer.outcome.value},"
                f" {answer.reason or answer.http_status}): check PARCELS_API_URL and the network, or try later."
            )


def _attempts_worth(answer: Answer) -> int:
    """How often to ask about one parcel when this is what came."""
    if answer.outcome in _PASSING:
        return MAX_ATTEMPTS
    return 2 if answer.outcome is Outcome.MALFORMED and answer.reason in _MAY_BE_WHOLE_NEXT_TIME else 1
