"""Nothing is dropped in silence: what a weekly table counts adds up to the parcels, and its parts to the whole."""

import pytest

from tests.models.tables import Tables
from tests.models.test_rebuild import world


@pytest.fixture(scope="module")
def made() -> Tables:
    tables = Tables(**world())
    tables.connection.execute(
        "insert into reference.service_level by name select 'sf_express' as courier, 2 as business_days"
    )
    return tables


@pytest.mark.parametrize(
    ("table", "counted"),
    [
        ("pickup_cohort", "fact_shipment where picked_up_at is not null"),
        ("delivery_time_weekly", "fact_shipment where picked_up_at is not null"),
        ("delivery_time_survival", "fact_shipment where picked_up_at is not null"),
        ("first_attempt_weekly", "fact_shipment where picked_up_at is not null"),
        ("return_rate_cohort", "fact_shipment where picked_up_at is not null"),
        ("shipment_business_days", "fact_shipment where picked_up_at is not null"),
        ("service_level_weekly", "fact_shipment where picked_up_at is not null and courier = 'sf_express'"),
        ("on_time_weekly", "fact_shipment where original_promised_on is not null"),
        ("customs_clearance", "fact_shipment where customs_started_at is not null"),
        ("pickup_point_dwell", "fact_shipment where available_at is not null"),
        ("open_shipment_aging", "fact_shipment where not is_terminal"),
        ("order_to_delivery_weekly", "fact_order"),
        ("shipment_promise", "fact_shipment"),
    ],
)
def test_every_parcel_is_counted_once(made: Tables, table: str, counted: str) -> None:
    made.rows("fact_order", "1")
    total = made.connection.execute(f"select count(*) from {counted}").fetchone()
    count = "count(*)" if table.startswith("shipment_") else "cast(sum(n) as bigint)"
    assert total is not None and total[0] > 0
    assert made.row(table, count) == total


@pytest.mark.parametrize(
    ("table", "parts"),
    [
        ("delivery_time_weekly", "n_delivered + n_other_end + n_open"),
        ("first_attempt_weekly", "n_delivered + n_failed + n_pickup_point + n_excluded"),
        ("on_time_weekly", "n_on_time + n_late + n_excluded"),
        ("service_level_weekly", "n_within + n_late + n_excluded"),
        ("customs_clearance", "n_cleared + n_open + n_excluded"),
        ("pickup_point_dwell", "n_collected + n_open + n_excluded"),
        ("pickup_delay_weekly", "n_picked_up + n_open + n_excluded"),
        ("order_to_delivery_weekly", "n_completed + n_open + n_other_end"),
    ],
)
def test_the_parts_of_a_row_are_the_whole(made: Tables, table: str, parts: str) -> None:
    assert made.rows(table, "1") != []
    assert made.rows(table, f"n, {parts}", f"n <> {parts}") == []
