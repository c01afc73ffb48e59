"""Draw docs/transit-time.svg, the picture in the README, from the warehouse that `parcels demo` made.

pip install altair vl-convert-python
python docs/transit_time.py data/warehouse.duckdb
"""

import sys
from pathlib import Path

import altair as alt
import duckdb

ROUTES = ["within Hong Kong", "Hong Kong to mainland", "Hong Kong to elsewhere"]
WEEKS = f"""
select
    case lane when 'HK-HK' then '{ROUTES[0]}' when 'HK-CN' then '{ROUTES[1]}' else '{ROUTES[2]}' end as route,
    strftime(pickup_week, '%-d %b') as week,
    count(*) as parcels,
    percentile_cont(0.5) within group (order by transit_hours) / 24 as days_p50,
    percentile_cont(0.9) within group (order by transit_hours) / 24 as days_p90,
    count(*) filter (where not is_terminal) <= 0.05 * count(*) as is_mature
from fact_shipment
where pickup_week is not null
group by route, pickup_week
order by pickup_week
"""


def chart(warehouse: Path) -> alt.FacetChart:
    """A panel a route: for each pickup week a bar from the median to the 90th percentile, pale while it may grow."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        weeks = connection.execute(WEEKS).df()
    in_order = list(dict.fromkeys(weeks["week"]))
    base = alt.Chart(weeks).encode(
        alt.X("week:O", sort=in_order, title="week of pickup", axis=alt.Axis(labelAngle=0, labelFontSize=9))
    )
    by_route = alt.Scale(domain=ROUTES, range=["#4c78a8", "#d1495b", "#6a994e"])
    maturity = alt.Opacity(
        "is_mature:N",
        scale=alt.Scale(domain=[True, False], range=[1, 0.35]),
        legend=alt.Legend(title="cohort", labelExpr="datum.value ? '95 % arrived' : 'more still under way'"),
    )
    median = alt.Y("days_p50:Q", title="days from pickup to delivery")
    bars = base.mark_bar(width=10, cornerRadius=3).encode(
        median, alt.Y2("days_p90:Q"), alt.Color("route:N", scale=by_route, legend=None), maturity
    )
    dots = base.mark_point(filled=True, size=70, color="white", strokeWidth=2).encode(
        median, alt.Stroke("route:N", scale=by_route, legend=None)
    )
    counts = base.mark_text(dy=14, fontSize=9, color="#888").encode(median, alt.Text("parcels:Q", format="d"))
    panel = (bars + dots + counts).properties(width=210, height=200)
    title = alt.Title(
        "How long a parcel takes: median (dot) to 90th percentile (bar end), parcels picked up (grey)",
        subtitle="parcels demo: fact_shipment by pickup_week; delivered parcels",
        fontSize=14,
        subtitleColor="#777",
    )
    return (
        panel.facet(column=alt.Column("route:N", sort=ROUTES, title=None, header=alt.Header(labelFontSize=12)))
        .properties(title=title)
        .configure_view(stroke="#ddd")
        .configure(font="Helvetica, Arial, sans-serif", background="white")
    )


if __name__ == "__main__":
    chart(Path(sys.argv[1])).save(Path(__file__).with_name("transit-time.svg"))
