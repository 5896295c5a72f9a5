"""The report's charts as Vega-Lite specifications; colours are CSS variables, so that they follow light and dark."""

from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd

FIRST, SECOND, THIRD, FOURTH, FIFTH, REST = (f"var(--c{number})" for number in range(1, 7))
PALETTE = [FIRST, SECOND, THIRD, FOURTH, FIFTH, REST]
INK, QUIET, LINE = "var(--ink)", "var(--quiet)", "var(--line)"
WIDTH: Any = "container"
# 20k for 20,000; without the test, zero would be 0k.
SHORT = "datum.value ? format(datum.value, '~s') : '0'"
STAGES = {"sessions": "Visited", "viewed": "Viewed a product", "added": "Added to the cart", "ordered": "Ordered"}
FATES = {"events": "Taken", "duplicates": "Repeats", "quarantined": "Set aside"}

# One look for all charts, given to Vega-Embed once.
CONFIG: dict[str, Any] = {
    "background": None,
    "font": "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
    "padding": {"left": 0, "top": 4, "right": 12, "bottom": 0},
    "view": {"stroke": None},
    "axis": {
        "domain": False,
        "ticks": False,
        "grid": False,
        "gridColor": LINE,
        "labelColor": QUIET,
        "labelFontSize": 12,
        "labelLimit": 150,
        "labelPadding": 6,
        "titleColor": QUIET,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titlePadding": 8,
    },
    "legend": {
        "orient": "top",
        "title": None,
        "labelColor": INK,
        "labelFontSize": 12,
        "symbolType": "circle",
        "symbolSize": 90,
        "symbolStrokeWidth": 0,
        "offset": 6,
    },
    "text": {"color": INK, "fontSize": 12},
}


@dataclass(frozen=True)
class Chart:
    """A chart and its words.

    Args:
        name: unique on the page, letters and hyphens.
        title: what it shows.
        description: how to read it, for people who cannot see it too.
        spec: Vega-Lite, without `$schema` and `config`.
        wide: takes the whole width of the page.
    """

    name: str
    title: str
    description: str
    spec: dict[str, Any]
    wide: bool = False


def chart(name: str, title: str, description: str, drawing: alt.TopLevelMixin, wide: bool = False) -> Chart:
    """The specification of a drawing as wide as its place."""
    spec = drawing.properties(description=f"{title}. {description}", width=WIDTH).to_dict()
    for key in ("$schema", "config"):
        spec.pop(key, None)
    return Chart(name, title, description, spec, wide)


def intake(accounting: pd.DataFrame) -> Chart:
    """What became of each source's records."""
    long = accounting.melt("source", list(FATES), "fate", "records")
    long["order"] = long["fate"].map({fate: number for number, fate in enumerate(FATES)})
    long["fate"] = long["fate"].map(FATES)
    sources = list(accounting["source"])
    drawing = (
        alt.Chart(long)
        .mark_bar(height={"band": 0.7})
        .encode(
            y=alt.Y("source:N", sort=sources, title=None),
            x=alt.X("records:Q", title="records", axis=alt.Axis(labelExpr=SHORT, tickCount=5, grid=True)),
            color=alt.Color(
                "fate:N",
                scale=alt.Scale(domain=list(FATES.values()), range=[FIRST, THIRD, FOURTH]),
                legend=alt.Legend(),
            ),
            order="order:Q",
            tooltip=[
                alt.Tooltip("source:N", title="Source"),
                alt.Tooltip("fate:N", title="Became"),
                alt.Tooltip("records:Q", title="Records", format=","),
            ],
        )
        .properties(height=30 * len(sources))
    )
    text = "A bar for each source, as long as its number of records, split into those taken, repeated and set aside."
    return chart("intake", "Records by source", text, drawing, wide=True)


def identifiers(histogram: pd.DataFrame, last: int) -> Chart:
    """How many identifiers hold a customer together."""
    shown = histogram.assign(label=[f"{n}+" if n == last else str(n) for n in histogram["identifiers"]])
    drawing = (
        alt.Chart(shown)
        .mark_bar(color=FIRST)
        .encode(
            x=alt.X(
                "label:O", sort=list(shown["label"]), title="identifiers of a customer", axis=alt.Axis(labelAngle=0)
            ),
            y=alt.Y("customers:Q", title="customers", axis=alt.Axis(grid=True, tickCount=4, labelExpr=SHORT)),
            tooltip=[
                alt.Tooltip("label:O", title="Identifiers"),
                alt.Tooltip("customers:Q", title="Customers", format=","),
            ],
        )
        .properties(height=220)
    )
    text = "A column for each number of identifiers, as high as the number of customers who have so many."
    return chart("identifiers", "Identifiers per customer", text, drawing)


def funnel(reached: pd.DataFrame, stages: list[str]) -> Chart:
    """Share of sessions that got as far as each of `stages`, by channel."""
    channels = list(reached["channel"])
    long = reached.melt("channel", stages, "stage", "count")
    visits = dict(zip(reached["channel"], reached["sessions"], strict=True))
    long["share"] = [n / visits[channel] for n, channel in zip(long["count"], long["channel"], strict=True)]
    long["stage"] = long["stage"].map(STAGES)
    base = alt.Chart(long).encode(
        y=alt.Y("stage:N", sort=[STAGES[stage] for stage in stages], title=None),
        yOffset=alt.YOffset("channel:N", sort=channels),
        x=alt.X("share:Q", title="share of sessions", scale=alt.Scale(domain=[0, 1.08]), axis=None),
        tooltip=[
            alt.Tooltip("channel:N", title="Channel"),
            alt.Tooltip("stage:N", title="Got as far as"),
            alt.Tooltip("count:Q", title="Sessions", format=","),
            alt.Tooltip("share:Q", title="Share", format=".1%"),
        ],
    )
    bars = base.mark_bar().encode(
        color=alt.Color("channel:N", sort=channels, scale=scale_of(channels), legend=alt.Legend())
    )
    labels = base.mark_text(align="left", dx=5).encode(text=alt.Text("share:Q", format=".0%"))
    drawing = alt.layer(bars, labels).properties(height=len(stages) * max(46, 14 * len(channels)))
    text = "For each channel, bars for the share of its sessions that got so far."
    return chart("funnel", "How far sessions get", text, drawing, wide=True)


def scale_of(names: list[str]) -> alt.Scale:
    """Colours by place: the sixth serves all that follow."""
    return alt.Scale(domain=names, range=(PALETTE + [REST] * len(names))[: len(names)])


def over_time(volume: pd.DataFrame, grain: str, measure: str, currency: str) -> Chart:
    """Baskets or revenue by channel, stacked."""
    by_size = list(volume.groupby("channel")[measure].sum().sort_values(ascending=False).index)
    start = pd.to_datetime(volume["period"])
    # A tenth of a period is left between columns.
    width = pd.Timedelta(days=1 if grain == "day" else 7) * 0.9
    shown = volume[["channel", measure]].assign(start=start, end=start + width)
    # Stacked here, the largest below: Vega-Lite does not stack bars that have both a start and an end.
    shown["place"] = shown["channel"].map({channel: place for place, channel in enumerate(by_size)})
    shown = shown.sort_values(["start", "place"]).drop(columns="place")
    shown["to"] = shown.groupby("start")[measure].cumsum()
    shown["from"] = shown["to"] - shown[measure]
    name = "Baskets" if measure == "baskets" else f"Revenue in {currency}"
    drawing = (
        alt.Chart(shown)
        .mark_rect()
        .encode(
            x=alt.X("start:T", title=None, axis=alt.Axis(format="%b %Y" if grain == "week" else "%d %b", tickCount=5)),
            x2="end:T",
            y2="to:Q",
            y=alt.Y("from:Q", title=None, axis=alt.Axis(grid=True, tickCount=4, labelExpr=SHORT)),
            color=alt.Color("channel:N", sort=by_size, scale=scale_of(by_size), legend=alt.Legend(columns=4)),
            tooltip=[
                alt.Tooltip("start:T", title=f"The {grain} of", format="%d %b %Y"),
                alt.Tooltip("channel:N", title="Channel"),
                alt.Tooltip(f"{measure}:Q", title=name, format=",.0f"),
            ],
        )
        .properties(height=220)
    )
    text = f"A column for each {grain}, split by channel, from the first whole {grain} to the last."
    return chart(f"{measure}-over-time", f"{name} by {grain}", text, drawing)


def segments(found: pd.DataFrame) -> Chart:
    """Which share of customers and of their revenue each segment is."""
    measures = {"customers": "Share of customers", "net": "Share of their revenue"}
    shares = pd.DataFrame({"segment": found["segment"]})
    for column, label in measures.items():
        whole = found[column].sum()
        shares[label] = found[column].fillna(0) / whole if whole else 0.0
    long = shares.melt("segment", list(measures.values()), "measure", "share")
    order = list(measures.values())
    base = alt.Chart(long).encode(
        y=alt.Y("segment:N", sort=list(found["segment"]), title=None, axis=alt.Axis(labelLimit=210)),
        yOffset=alt.YOffset("measure:N", sort=order),
        x=alt.X("share:Q", axis=None, scale=alt.Scale(domain=[0, 1.12 * float(long["share"].max() or 1)])),
        tooltip=[
            alt.Tooltip("segment:N", title="Segment"),
            alt.Tooltip("measure:N", title="Measure"),
            alt.Tooltip("share:Q", title="Share", format=".1%"),
        ],
    )
    bars = base.mark_bar().encode(
        color=alt.Color("measure:N", scale=alt.Scale(domain=order, range=[FIRST, SECOND]), legend=alt.Legend())
    )
    labels = base.mark_text(align="left", dx=5).encode(text=alt.Text("share:Q", format=".0%"))
    text = (
        "Two bars for each segment: its share of all customers, and of the revenue of customers who are known;"
        " baskets of unknown buyers are left out."
    )
    return chart(
        "segments", "Size and worth", text, alt.layer(bars, labels).properties(height=46 * len(found)), wide=True
    )


def rfm(found: pd.DataFrame, currency: str) -> Chart:
    """Buyers by recency and frequency."""
    most = float(found["customers"].max() or 1)
    base = alt.Chart(found).encode(
        x=alt.X("recency_score:O", title="recency: 5 bought last", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("frequency_score:O", sort="descending", title="frequency: 5 buys most often"),
        tooltip=[
            alt.Tooltip("recency_score:O", title="Recency"),
            alt.Tooltip("frequency_score:O", title="Frequency"),
            alt.Tooltip("customers:Q", title="Customers", format=","),
            alt.Tooltip("mean_net:Q", title=f"Mean spent ({currency})", format=",.0f"),
        ],
    )
    # Opacity instead of a colour ramp: it works on a light and on a dark page.
    depth = alt.Scale(domain=[0, most], range=[0.06, 0.7])
    cells = base.mark_rect(color=FIRST, cornerRadius=3, stroke="var(--paper)", strokeWidth=2).encode(
        fillOpacity=alt.FillOpacity("customers:Q", scale=depth, legend=None)
    )
    labels = base.mark_text().encode(text=alt.Text("customers:Q", format=","))
    text = "A field for each pair of scores, the darker the more customers have both. Who never bought is left out."
    return chart("rfm", "Buyers by recency and frequency", text, alt.layer(cells, labels).properties(height=260))


def rules(found: pd.DataFrame) -> Chart:
    """Rules by how often they hold and how much they beat chance."""
    shown = pd.DataFrame(
        {
            "buys": [" + ".join(names) for names in found["antecedent"]],
            "also": [" + ".join(names) for names in found["consequent"]],
            "baskets": found["baskets"],
            "confidence": found["confidence"],
            "lift": found["lift"],
        }
    )
    drawing = (
        alt.Chart(shown)
        .mark_circle(color=FIRST, opacity=0.65, size=90, stroke="var(--paper)", strokeWidth=0.5)
        .encode(
            x=alt.X(
                "baskets:Q",
                title="baskets with both",
                scale=alt.Scale(zero=False, nice=True),
                axis=alt.Axis(tickCount=5),
            ),
            y=alt.Y(
                "lift:Q",
                title="times as often as chance",
                scale=alt.Scale(zero=False),
                axis=alt.Axis(grid=True, tickCount=5),
            ),
            tooltip=[
                alt.Tooltip("buys:N", title="Who buys"),
                alt.Tooltip("also:N", title="also buys"),
                alt.Tooltip("lift:Q", title="Times chance", format=".2f"),
                alt.Tooltip("confidence:Q", title="Of the first's baskets", format=".0%"),
                alt.Tooltip("baskets:Q", title="Baskets", format=","),
            ],
        )
        .properties(height=300)
    )
    text = "A point for each rule: further right it rests on more baskets, further up it is further from chance."
    return chart("rules", "The strongest rules", text, drawing)


def lift(deciles: pd.DataFrame) -> Chart:
    """Churn lift by decile of predicted risk."""
    base = alt.Chart(deciles).encode(
        x=alt.X("decile:O", title="tenth of customers, most at risk first", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("lift:Q", title="times the average churn rate", axis=alt.Axis(grid=True, tickCount=5)),
        tooltip=[
            alt.Tooltip("decile:O", title="Tenth"),
            alt.Tooltip("lift:Q", title="Lift", format=".2f"),
            alt.Tooltip("churn_rate:Q", title="Left", format=".1%"),
            alt.Tooltip("mean_probability:Q", title="Predicted", format=".1%"),
            alt.Tooltip("customers:Q", title="Customers", format=","),
        ],
    )
    average = alt.Chart(pd.DataFrame({"lift": [1.0]})).mark_rule(color=INK, strokeDash=[4, 4]).encode(y="lift:Q")
    text = "Customers in ten equal groups by predicted risk: their churn rate over that of all; the dashed line is 1."
    return chart(
        "churn-lift", "Churn lift", text, alt.layer(base.mark_bar(color=FIRST), average).properties(height=260)
    )


def calibration(deciles: pd.DataFrame) -> Chart:
    """What was predicted against what happened."""
    edge = min(1.0, 1.1 * float(deciles[["mean_probability", "churn_rate"]].max().max() or 1))
    scale = alt.Scale(domain=[0, edge], nice=False)
    percent = alt.Axis(format=".0%", tickCount=5, grid=True)
    diagonal = (
        alt.Chart(pd.DataFrame({"mean_probability": [0.0, edge], "churn_rate": [0.0, edge]}))
        .mark_line(color=INK, strokeDash=[4, 4], strokeWidth=1)
        .encode(x="mean_probability:Q", y="churn_rate:Q")
    )
    points = (
        alt.Chart(deciles)
        .mark_line(color=FIRST, point=alt.OverlayMarkDef(size=80, color=FIRST), strokeWidth=2)
        .encode(
            x=alt.X("mean_probability:Q", title="predicted", scale=scale, axis=percent),
            y=alt.Y("churn_rate:Q", title="happened", scale=scale, axis=percent),
            tooltip=[
                alt.Tooltip("decile:O", title="Tenth"),
                alt.Tooltip("mean_probability:Q", title="Predicted", format=".1%"),
                alt.Tooltip("churn_rate:Q", title="Happened", format=".1%"),
            ],
        )
    )
    text = (
        "A point for each tenth of customers: predicted against actual churn rate. On the dashed diagonal both agree."
    )
    return chart("churn-calibration", "Churn calibration", text, alt.layer(diagonal, points).properties(height=260))


def risks(histogram: pd.DataFrame) -> Chart:
    """How predicted risk is spread over the customers of now."""
    width = 1 / 20
    drawing = (
        alt.Chart(histogram.assign(end=histogram["probability"] + width))
        .mark_bar(color=FIRST, binSpacing=2)
        .encode(
            x=alt.X(
                "probability:Q",
                bin="binned",
                title="predicted risk",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format=".0%", tickCount=5),
            ),
            x2="end:Q",
            y=alt.Y("customers:Q", title="customers", axis=alt.Axis(grid=True, tickCount=4, labelExpr=SHORT)),
            tooltip=[
                alt.Tooltip("probability:Q", title="Risk from", format=".0%"),
                alt.Tooltip("end:Q", title="to", format=".0%"),
                alt.Tooltip("customers:Q", title="Customers", format=","),
            ],
        )
        .properties(height=220)
    )
    text = "A column for each twentieth of predicted risk, as high as the number of customers with it."
    return chart("churn-risks", "Today's customers by risk", text, drawing)
