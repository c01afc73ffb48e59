import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from pipeline.errors import SourceError
from pipeline.orders.source import OrdersSource, read_orders
from tests.orders.tables import column, csv_source, parquet_source, read, reasons


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_is_text_with_any_common_delimiter_and_a_byte_order_mark(tmp_path: Path, delimiter: str) -> None:
    text = '\ufefforder_id,tracking_number,courier\r\n000123, SF1 ,"S,F"\r\n3550875123456789012,0012,NA\r\n'
    quoted = text.replace('"S,F"', "順豐") if delimiter != "," else text
    chunk = read(csv_source(tmp_path, quoted.replace(",", delimiter)))
    assert column(chunk, "order_id") == ["000123", "3550875123456789012"]
    assert column(chunk, "tracking_number") == ["SF1", "0012"]
    assert column(chunk, "courier") == ["S,F" if delimiter == "," else "順豐", "NA"]


def test_a_line_that_tells_spreadsheets_the_delimiter_is_no_heading(tmp_path: Path) -> None:
    chunk = read(csv_source(tmp_path, "\ufeffsep=;\r\norder_id;note\r\n1;a,b\r\n2;c\r\n3\r\n"))
    assert column(chunk, "order_id") == ["1", "2"]
    assert reasons(chunk) == ["line 5 has 1 values where the heading has 2 names"]


def test_a_broken_csv_line_costs_that_line_only(tmp_path: Path) -> None:
    lines = ["order_id,note", '1,"two', 'lines"', '2,"never closed', "3,c", "4", "5,e,f", "", '6,"f"']
    chunk = read(csv_source(tmp_path, "\n".join(lines)))
    assert column(chunk, "order_id") == ["1", "3", "6"]
    assert list(chunk.rejected["source_row"]) == [4, 6, 7]
    assert "is no CSV line" in reasons(chunk)[0]
    assert reasons(chunk)[1:] == [
        "line 6 has 1 values where the heading has 2 names",
        "line 7 has 3 values where the heading has 2 names",
    ]
    assert chunk.rejected["row_json"][2] == '{"line": "5,e,f"}'


def test_a_quote_left_open_at_the_top_of_a_long_file_swallows_nothing(tmp_path: Path) -> None:
    lines = ["order_id,note", '0,"open', *[f"{number},x" for number in range(1, 30_001)]]
    chunk = read(csv_source(tmp_path, "\n".join(lines)))
    assert len(chunk.rows) == 30_000
    assert list(chunk.rejected["source_row"]) == [2]


def test_csv_in_another_encoding_is_told_with_the_remedy(tmp_path: Path) -> None:
    for encoding in ("big5", "utf-16"):
        (tmp_path / "orders.csv").write_bytes("order_id,courier\n1,順豐\n".encode(encoding))
        with pytest.raises(SourceError, match=r"orders\.csv is not UTF-8 .*: save it as CSV UTF-8"):
            read(OrdersSource(str(tmp_path / "orders.csv")))


def test_empty_files(tmp_path: Path) -> None:
    assert len(read(csv_source(tmp_path, "order_id\n")).rows) == 0
    with pytest.raises(SourceError, match="is empty; its first line must name the columns"):
        read(csv_source(tmp_path, ""))
    assert len(read(parquet_source(tmp_path, pd.DataFrame({"order_id": pd.Series([], dtype="str")}))).rows) == 0
    (tmp_path / "orders.parquet").write_bytes(b"")
    with pytest.raises(SourceError, match=r"orders\.parquet is no readable Parquet file"):
        read(OrdersSource(str(tmp_path / "orders.parquet")))


def test_parquet_types_stay_exact(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "order_id": pd.Series([3550875123456789013, None], dtype="Int64"),
            "tracking_number": [3550875.0, float("nan")],
            "ordered_at": pd.to_datetime(["2025-01-05 10:00", None]),
            "promised_at": [date(2025, 1, 9), None],
            "updated_at": pd.to_datetime(["2025-01-05T02:00:00Z", None]),
            "courier": pd.Categorical(["sf", None]),
        }
    )
    chunk = read(parquet_source(tmp_path, frame))
    assert column(chunk, "order_id") == ["3550875123456789013"]
    assert column(chunk, "tracking_number") == ["3550875"]
    assert column(chunk, "ordered_at") == ["2025-01-05 02:00:00"]
    assert column(chunk, "promised_at") == ["2025-01-09 15:59:59"]
    assert column(chunk, "updated_at") == ["2025-01-05 02:00:00"]
    assert column(chunk, "courier") == ["sf"]
    assert reasons(chunk) == ["has neither an order_id nor a tracking_number"]
    assert '"order_id": null' in chunk.rejected["row_json"][0]


def test_a_query_can_be_put_to_a_parquet_file(tmp_path: Path) -> None:
    source = parquet_source(
        tmp_path, pd.DataFrame({"id": ["A", "B"]}), query="select id as order_id from orders where id > 'A';"
    )
    assert column(read(source), "order_id") == ["B"]


def test_a_parquet_name_with_stars_and_quotes_is_a_name(tmp_path: Path) -> None:
    path = tmp_path / "it's [1] *.parquet"
    pd.DataFrame({"order_id": ["A"]}).to_parquet(path)
    assert column(read(OrdersSource(str(path))), "order_id") == ["A"]


def test_a_parquet_file_cut_short_is_told(tmp_path: Path) -> None:
    source = parquet_source(tmp_path, pd.DataFrame({"order_id": ["A"] * 1000}))
    path = Path(source.url)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(SourceError, match=r"PARCELS_ORDERS_URL: .*orders\.parquet is no readable Parquet file"):
        read(source)


def shop(folder: Path) -> Path:
    path = folder / "shop.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("""
            create schema web;
            create table web.orders (order_id uuid, ordered_at timestamptz, updated_at timestamp);
            insert into web.orders values
                ('0192d3c5-0000-7000-8000-00000000000a', '2025-01-05 10:00:00+08', '2025-01-05 10:00:00'),
                (null, null, null);
            create view hugs as select 170141183460469231731687303715884105727::hugeint as order_id;
        """)
    return path


def test_a_duckdb_file_is_read_with_schema_or_query_and_not_written(tmp_path: Path) -> None:
    path = shop(tmp_path)
    path.chmod(0o444)
    chunk = read(OrdersSource(str(path), table="web.orders"))
    assert column(chunk, "order_id") == ["0192d3c5-0000-7000-8000-00000000000a"]
    assert column(chunk, "ordered_at") == column(chunk, "updated_at") == ["2025-01-05 02:00:00"]
    assert column(read(OrdersSource(str(path), query="from hugs")), "order_id") == [str(2**127 - 1)]
    assert column(read(OrdersSource(f"duckdb:///{path}", table="hugs")), "order_id") == [str(2**127 - 1)]


def test_duckdb_troubles_are_told(tmp_path: Path) -> None:
    path = shop(tmp_path)
    with pytest.raises(SourceError, match=r"PARCELS_ORDERS_TABLE: .* no table orders \(near names: web\.orders"):
        read(OrdersSource(str(path)))
    with pytest.raises(SourceError, match="PARCELS_ORDERS_QUERY is not a SELECT"):
        read(OrdersSource(str(path), query="select nothing from nowhere"))
    (tmp_path / "no.duckdb").write_text("no database")
    with pytest.raises(SourceError, match=r"PARCELS_ORDERS_URL: .*no\.duckdb cannot be opened"):
        read(OrdersSource(str(tmp_path / "no.duckdb")))
    with pytest.raises(SourceError, match=r"PARCELS_ORDERS_QUERY cannot be put to a \.csv file"):
        read(csv_source(tmp_path, "order_id\n", query="select 1"))


def test_a_duckdb_file_that_is_being_written_is_told(tmp_path: Path) -> None:
    path = shop(tmp_path)
    hold = "import sys, duckdb; held = duckdb.connect(sys.argv[1]); print('open', flush=True); input()"
    writer = subprocess.Popen(
        [sys.executable, "-c", hold, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with writer:
        assert writer.stdout is not None and writer.stdout.readline() == "open\n"
        with pytest.raises(SourceError, match="another program has it open for writing"):
            read(OrdersSource(str(path)))
        writer.communicate("\n")


def test_files_are_filtered_by_what_changed_since(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"order_id": ["A", "B"], "updated_at": pd.to_datetime(["2025-01-05 07:00", "2025-01-05 09:00"])}
    )
    since = datetime(2025, 1, 5, tzinfo=UTC)
    assert column(read(parquet_source(tmp_path, frame), since), "order_id") == ["B"]
    frame.to_csv(tmp_path / "orders.csv", index=False)
    assert column(read(OrdersSource(str(tmp_path / "orders.csv")), since), "order_id") == ["B"]


def test_a_large_file_comes_in_chunks(tmp_path: Path) -> None:
    frame = pd.DataFrame({"order_id": range(120_000)})
    frame.to_csv(tmp_path / "orders.csv", index=False)
    for source in (parquet_source(tmp_path, frame), OrdersSource(str(tmp_path / "orders.csv"))):
        sizes = [len(chunk.rows) for chunk in read_orders(source, changed_since=None)]
        assert sum(sizes) == 120_000
        assert max(sizes) <= 50_000
