"""Polling one account against a real server: what is asked again, what is not, and what ends the polling."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipeline.emulator.process import RunningEmulator, running_emulator
from pipeline.emulator.tokens import Credentials
from pipeline.errors import CredentialsError, ServiceError
from pipeline.settings import load_settings
from pipeline.tracking.account import poll_account
from pipeline.tracking.api import Answer, Query
from pipeline.tracking.fetch import FAILURES_IN_A_ROW, WORKERS, Progress
from pipeline.tracking.progress import progress_line
from pipeline.warehouse import DataFolder

DEMO = Credentials()


def poll(
    folder: DataFolder, url: str, queries: Iterable[Query], waits: list[float] | None = None, **settings: Any
) -> tuple[Progress, list[Answer]]:
    """Poll with the emulator's own credentials unless `settings` say otherwise; `waits` fills with the back-offs."""
    given = {"access_token": DEMO.token, "rate_limits": "100000/minute", **settings}
    (account,) = load_settings(data_dir=folder.root, api_url=url, **given).accounts()
    progress, answers = Progress("default", planned=0), list[Answer]()

    async def note(seconds: float) -> None:
        if waits is not None:
            waits.append(seconds)
        await asyncio.sleep(0)

    asyncio.run(
        poll_account(
            account,
            queries,
            progress,
            folder=folder,
            land=answers.append,
            now=lambda: datetime.now(UTC),
            deadline=datetime.now(UTC) + timedelta(minutes=1),
            back_off=note,
        )
    )
    return progress, answers


def orders(emulator: RunningEmulator) -> list[Query]:
    return [Query("default", order_id, None, "order_id") for order_id in emulator.control("world")["order_ids"]]


def test_every_parcel_is_asked_once_when_all_is_well(folder: DataFolder, emulator: RunningEmulator) -> None:
    queries = orders(emulator)
    progress, answers = poll(folder, emulator.url, queries)
    assert progress.trouble is None
    assert progress.done == progress.requests == len(answers) == len(queries)
    assert {answer.query.order_id for answer in answers} == {query.order_id for query in queries}


def test_client_credentials_fetch_one_token_for_all(folder: DataFolder, emulator: RunningEmulator) -> None:
    progress, _ = poll(
        folder,
        emulator.url,
        orders(emulator),
        access_token=None,
        client_id=DEMO.client_id,
        client_secret=DEMO.client_secret,
    )
    assert progress.trouble is None
    assert sum(emulator.stats()["requests"]["token"].values()) == 1


def test_a_refused_token_ends_the_polling_at_once_and_names_the_setting(
    folder: DataFolder, emulator: RunningEmulator
) -> None:
    progress, answers = poll(folder, emulator.url, orders(emulator), access_token="sk-wrong-token")
    assert isinstance(progress.trouble, CredentialsError)
    assert "PARCELS_ACCESS_TOKEN" in str(progress.trouble)
    assert "sk-wrong-token" not in str(progress.trouble)
    assert len(answers) <= WORKERS


def test_wrong_client_credentials_end_the_polling_with_one_request(
    folder: DataFolder, emulator: RunningEmulator
) -> None:
    progress, answers = poll(
        folder, emulator.url, orders(emulator), access_token=None, client_id="me", client_secret="guess"
    )
    assert isinstance(progress.trouble, CredentialsError)
    assert "PARCELS_CLIENT_ID" in str(progress.trouble)
    assert answers == []
    assert sum(emulator.stats()["requests"]["token"].values()) == 1


def test_an_unknown_order_is_asked_for_by_its_tracking_number(folder: DataFolder, emulator: RunningEmulator) -> None:
    parcel = next(row for row in emulator.control("world")["source"] if row["tracking_number"])
    progress, answers = poll(
        folder, emulator.url, [Query("default", "no-such-order", parcel["tracking_number"], "order_id")]
    )
    assert [(answer.query.asked_by, answer.http_status) for answer in answers] == [
        ("order_id", 400),
        ("tracking_number", 200),
    ]
    assert progress.done == 1


def test_a_passing_failure_is_asked_again_and_a_lasting_one_given_up(folder: DataFolder) -> None:
    with running_emulator(orders=3, limits="100000/minute", faults="server_error=1:sticky") as emulator:
        waits: list[float] = []
        progress, answers = poll(folder, emulator.url, orders(emulator)[:1], waits)
    assert [answer.attempts for answer in answers] == [1, 2, 3]
    first, second = waits
    assert 1 <= first <= 2 <= second <= 4
    assert progress.outcomes == {"server_error": 3}
    assert progress.trouble is None


def test_failures_one_by_one_are_a_failure_of_the_run_once_they_are_many(folder: DataFolder) -> None:
    # A third of the parcels has no answer however often it is asked; never ten requests in a row.
    with running_emulator(orders=90, limits="100000/minute", faults="truncated=0.33:sticky", seed=3) as emulator:
        progress, _ = poll(folder, emulator.url, orders(emulator))
    unanswered = progress.unanswered.total()
    assert progress.done == 90
    assert unanswered >= 9
    assert isinstance(progress.trouble, ServiceError)
    assert str(progress.trouble).startswith(f"{unanswered} of 90 parcels got no whole answer (")


def test_a_few_parcels_without_an_answer_are_told_and_fail_nothing(folder: DataFolder) -> None:
    with running_emulator(orders=90, limits="100000/minute", faults="server_error=1:sticky") as emulator:
        few = orders(emulator)[:2]
        progress, _ = poll(folder, emulator.url, few)
    assert progress.trouble is None
    assert progress.unanswered == {"server_error": 2}
    assert progress_line([progress], 1.0).endswith("; 2 parcels without a whole answer")


def test_parcels_given_up_when_the_service_failed_do_not_count_as_done(folder: DataFolder) -> None:
    with running_emulator(orders=60, limits="100000/minute", faults="unavailable=1") as emulator:
        progress, answers = poll(folder, emulator.url, orders(emulator))
    settled = {answer.query.order_id for answer in answers if answer.attempts == 3}
    assert progress.done == len(settled)
    assert not progress.ran_out_of_time


def test_failures_that_are_everyones_stop_the_polling_early(folder: DataFolder) -> None:
    with running_emulator(orders=60, limits="100000/minute", faults="unavailable=1") as emulator:
        progress, answers = poll(folder, emulator.url, orders(emulator))
    assert isinstance(progress.trouble, ServiceError)
    assert len(answers) < FAILURES_IN_A_ROW + WORKERS


def test_a_rejection_is_waited_out_and_nothing_is_dropped(folder: DataFolder) -> None:
    # Our limit is set above the API's: the API turns us away, and we wait as long as it says.
    with running_emulator(orders=12, limits="10/second", retry_after=True) as emulator:
        queries = orders(emulator)
        progress, answers = poll(folder, emulator.url, queries, rate_limits="1000/second")
    assert progress.trouble is None
    assert progress.done == len(queries)
    answered = {answer.query.order_id for answer in answers if answer.http_status == 200}
    assert answered == {query.order_id for query in queries}


def test_out_of_time_leaves_the_rest_for_the_next_run(folder: DataFolder, emulator: RunningEmulator) -> None:
    progress, answers = poll(folder, emulator.url, orders(emulator), rate_limits="5/hour")
    assert progress.ran_out_of_time
    assert progress.done == len(answers) == 5


@pytest.mark.parametrize("fault", ["truncated", "html_200", "empty_body", "list_nonsense", "data_null"])
def test_a_body_that_makes_no_sense_is_kept_and_is_one_parcels_trouble(fault: str, folder: DataFolder) -> None:
    with running_emulator(orders=5, limits="100000/minute", faults=f"{fault}=1") as emulator:
        progress, answers = poll(folder, emulator.url, orders(emulator)[:3])
    assert progress.trouble is None
    assert {answer.outcome for answer in answers} <= {"malformed", "no_events"}
