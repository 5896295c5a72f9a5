"""How good the records are that came in: a score for each source and day, and the rules that most of them break."""

import altair as alt
import pandas as pd

from motherlode.report import words
from motherlode.report.charts import FIRST, FOURTH, Chart, chart
from motherlode.report.findings import Findings, each
from motherlode.report.page import Block, Charts, Grid, Section, Text
from motherlode.report.summaries import QUALITY_DAYS, RULE_DAYS

STANDINGS = {"ok": "within its limits", "warn": "below the limit that warns", "stop": "below the limit that stops"}


def data_quality(found: Findings) -> Section:
    """Scores by source and day, and what lowers them."""
    title, rows = "How good the records are", found.scores
    if rows.empty:
        return Section("quality", title, "", [Text("No day of any source has been scored yet.", tone="nothing")])
    every, sound = rows["records"].sum(), (rows["records"] * rows["score"]).sum()
    lead = (
        f"Of the {words.plural(every, 'record')} of the last {QUALITY_DAYS} days"
        f" {words.percent(words.share(sound, every))} break no rule: they were neither set aside nor flagged."
    )
    below = rows[rows["standing"] != "ok"]
    blocks: list[Block] = []
    if len(below):
        worst = below.sort_values(["score", "source", "day"]).iloc[0]
        blocks.append(
            Text(
                f"On {words.plural(len(below), 'day')} a source was below its limit; the worst was {worst['source']} on"
                f" {words.day(worst['day'])}, of whose records {words.percent(worst['score'])} break no rule.",
                tone="warning",
            )
        )
    blocks.append(Charts([scores(rows)]))
    if len(found.faults):
        blocks.append(_faults_grid(found.faults))
    return Section("quality", title, lead, blocks)


def _faults_grid(rows: pd.DataFrame) -> Grid:
    return Grid(
        f"The rules that most records of the last {RULE_DAYS} days break",
        ("Source", "Rule", "Where", "Records", "Share", "Days below a limit"),
        [
            (
                str(row.source),
                str(row.rule),
                str(row.field),
                words.count(row.faults),
                words.percent(words.share(row.faults, row.records), 2),
                words.count(row.days_below),
            )
            for row in each(rows)
        ],
        words=frozenset({0, 1, 2}),
    )


def scores(rows: pd.DataFrame) -> Chart:
    """A field for each source and day."""
    start = pd.to_datetime(rows["day"])
    shown = rows[["source", "records", "score"]].assign(
        start=start,
        end=start + pd.Timedelta(hours=22),
        fault=1 - rows["score"],
        standing=[STANDINGS.get(standing, standing) for standing in rows["standing"]],
    )
    sources = sorted(shown["source"].unique())
    # Of faults the square root, or one record in a hundred would not show; opacity works on a dark page too.
    depth = alt.Scale(type="sqrt", domain=[0, 0.5], range=[0.12, 1], clamp=True)
    drawing = (
        alt.Chart(shown)
        .mark_rect()
        .encode(
            x=alt.X("start:T", title=None, axis=alt.Axis(format="%d %b", tickCount=5)),
            x2="end:T",
            y=alt.Y("source:N", sort=sources, title=None),
            color=alt.Color(
                "standing:N",
                scale=alt.Scale(domain=list(STANDINGS.values()), range=[FIRST, FOURTH, "var(--ink)"]),
                legend=alt.Legend(),
            ),
            fillOpacity=alt.FillOpacity("fault:Q", scale=depth, legend=None),
            tooltip=[
                alt.Tooltip("source:N", title="Source"),
                alt.Tooltip("start:T", title="Day", format="%d %b %Y"),
                alt.Tooltip("score:Q", title="Score", format=".1%"),
                alt.Tooltip("records:Q", title="Records", format=","),
                alt.Tooltip("standing:N", title="It is"),
            ],
        )
        .properties(height=26 * len(sources))
    )
    text = "A field for each source and day on which it delivered, the darker the more of its records break a rule."
    return chart("data-quality", "Data quality by source and day", text, drawing, wide=True)
