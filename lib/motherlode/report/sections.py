"""The sections of the report: findings in words, tables and charts; what is not there is said in a sentence."""

import math

import pandas as pd

from motherlode.report import charts, words
from motherlode.report.findings import Findings, each
from motherlode.report.page import Block, Card, Cards, Charts, Grid, Offer, Page, Rule, Rules, Section, Text, Tile
from motherlode.report.params import ReportParams
from motherlode.report.quality import data_quality
from motherlode.report.summaries import MANY_IDENTIFIERS
from motherlode.report.verdicts import models

RULES_IN_WORDS = 10
SCENARIOS = 15


def compose(found: Findings, params: ReportParams) -> Page:
    """The whole page."""
    return Page(
        title=params.title,
        subtitle=f"As of the end of {words.day(found.as_of)}, business days in {params.zone}.",
        tiles=tiles(found, params.currency),
        sections=(
            intake(found),
            data_quality(found),
            identity(found),
            visits(found),
            sales(found, params.currency),
            segments(found, params.currency),
            rules(found),
            recommendations(found, params.currency),
            churn(found),
            models(found.quality),
        ),
        notice=params.notice,
    )


def tiles(found: Findings, currency: str) -> tuple[Tile, ...]:
    sums = found.accounting[["records_in", "events"]].sum()
    people, buyers = found.identifiers[["customers", "buyers"]].sum()
    row = found.totals.iloc[0] if len(found.totals) else None
    return (
        Tile("Records received", words.compact(sums["records_in"])),
        Tile("Of these, taken", words.compact(sums["events"])),
        Tile("Customers", words.compact(people), f"of these, {words.compact(buyers)} bought"),
        Tile("Baskets", words.compact(row["baskets"] if row is not None else 0)),
        Tile("Revenue", words.money(row["net"] if row is not None else None, currency)),
        Tile("As of", f"{found.as_of.day} {found.as_of:%b %Y}"),
    )


def nothing(text: str) -> Text:
    return Text(text, tone="nothing")


def intake(found: Findings) -> Section:
    """What came in and what became of it."""
    rows = found.accounting
    blocks: list[Block] = []
    lead = ""
    if rows.empty:
        blocks.append(nothing("No records have come in yet, so there is nothing to count."))
    else:
        sums = rows[["records_in", "events", "duplicates", "quarantined", "batches", "unbalanced"]].sum()
        every = sums["records_in"]
        lead = (
            f"{words.plural(len(rows), 'source')} delivered {words.plural(every, 'record')} in"
            f" {words.plural(sums['batches'], 'batch', 'batches')}:"
            f" {words.percent(words.share(sums['events'], every))} were taken,"
            f" {words.percent(words.share(sums['duplicates'], every))} repeat one already taken,"
            f" {words.percent(words.share(sums['quarantined'], every))} were set aside with the reason."
        )
        if sums["unbalanced"]:
            broken = words.plural(sums["unbalanced"], "batch", "batches")
            warning = f"In {broken} the sums differ: records were lost or made up."
            blocks.append(Text(warning, tone="warning"))
        else:
            lead += " In every batch, records in = taken + repeats + set aside."
        blocks.append(Charts([charts.intake(rows)]))
        blocks.append(_accounting_grid(rows))
    if not found.reasons.empty:
        blocks.append(_reasons_grid(found.reasons, found.accounting["quarantined"].sum()))
    elif not rows.empty:
        blocks.append(nothing("No record was set aside."))
    return Section("intake", "What came in", lead, blocks)


def _accounting_grid(rows: pd.DataFrame) -> Grid:
    return Grid(
        "Accounting by source",
        ("Source", "Records in", "Taken", "Repeats", "Set aside", "Set aside, share", "Balances"),
        [
            (
                str(row.source),
                words.count(row.records_in),
                words.count(row.events),
                words.count(row.duplicates),
                words.count(row.quarantined),
                words.percent(words.share(row.quarantined, row.records_in), 2),
                "✗ no" if row.unbalanced else "✓ yes",
            )
            for row in each(rows)
        ],
    )


def _reasons_grid(rows: pd.DataFrame, quarantined: float) -> Grid:
    shown = rows["records"].sum()
    rest = f"; {words.plural(quarantined - shown, 'record')} for rarer reasons" if quarantined > shown else ""
    return Grid(
        f"Why records were set aside{rest}",
        ("Source", "Rule", "Where", "Allowed", "Records"),
        [
            (str(row.source), str(row.rule), _text(row.path), _text(row.allowed), words.count(row.records))
            for row in each(rows)
        ],
        words=frozenset({0, 1, 2, 3}),
    )


def identity(found: Findings) -> Section:
    """Who is who, and how sure that is."""
    people = found.identifiers["customers"].sum()
    if not people:
        return Section("identity", "Who is who", "", [nothing("No customers have been found yet.")])
    one = found.identifiers.loc[found.identifiers["identifiers"] <= 1, "customers"].sum()
    buyers = found.identifiers["buyers"].sum()
    lead = (
        f"Identifiers that were seen together make {words.plural(people, 'customer')};"
        f" {words.percent(words.share(people - one, people), 0)} of them are known by more than one."
        f" {words.count(buyers)} of them bought; the others may be no more than a cookie."
        f" Customers who refuse analysis are not counted here."
    )
    sizes = words.listed(words.count(size) for size in found.largest["identifiers"])
    blocks: list[Block] = [
        Charts([charts.identifiers(found.identifiers, MANY_IDENTIFIERS)]),
        Text(
            f"The largest customers hold {sizes} identifiers."
            " A number far above the others deserves a look: it may be a shared device."
        ),
    ]
    if found.accuracy.empty:
        blocks.append(nothing("There is no labelled sample, so the accuracy of identities is unknown."))
    else:
        every = found.accuracy[found.accuracy["scenario"] == "all"]
        if len(every):
            row = every.iloc[0]
            blocks.append(
                Text(
                    f"Against a labelled sample of {words.plural(row['people'], 'person', 'people')}: of the pairs of"
                    f" identifiers put together {words.percent(row['precision'])} belong together, and of those that"
                    f" belong together {words.percent(row['recall'])} were found."
                )
            )
        blocks.append(_accuracy_grid(found.accuracy))
    return Section("identity", "Who is who", lead, blocks)


def _accuracy_grid(rows: pd.DataFrame) -> Grid:
    return Grid(
        "Accuracy against the labelled sample",
        ("Scenario", "People", "Customers found", "Pairs", "Precision", "Recall", "F1"),
        [
            (
                "All" if row.scenario == "all" else str(row.scenario),
                words.count(row.people),
                words.count(row.customers),
                words.count(row.true_pairs),
                words.percent(row.precision),
                words.percent(row.recall),
                words.decimal(row.f1, 3),
            )
            for row in each(rows.head(SCENARIOS))
        ],
    )


def visits(found: Findings) -> Section:
    """How far sessions get."""
    title = "From visit to order"
    if found.funnel.empty:
        text = "There are no sessions on web or app, so there is no funnel."
        return Section("visits", title, "", [nothing(text)])
    sums = found.funnel[list(charts.STAGES)].sum()
    online = found.totals["online"].sum()
    # Orders that came in by another way are no sign that visits ended without one.
    unseen = sums["ordered"] == 0 and online > 0
    stages = [stage for stage in charts.STAGES if not (unseen and stage == "ordered")]
    every = sums["sessions"]
    said = [
        f"{words.percent(words.share(sums['viewed'], every), 0)} looked at a product",
        f"{words.percent(words.share(sums['added'], every), 0)} put one into the cart",
    ]
    if not unseen:
        said.append(f"{words.percent(words.share(sums['ordered'], every))} ended with an order")
    lead = f"Of {words.plural(every, 'session')}, {words.listed(said)}."
    blocks: list[Block] = [Charts([charts.funnel(found.funnel, stages)])]
    if unseen:
        text = (
            "Orders are not in the web and app events, so which visits ended with one is unknown:"
            f" {words.plural(online, 'online basket')} came in from elsewhere."
        )
        blocks.insert(0, nothing(text))
    rows = [("All", sums)] + [(str(row["channel"]), row) for _, row in found.funnel.iterrows()]
    last = stages[-1]
    blocks.append(
        Grid(
            "Sessions that got at least so far",
            ("Channel", *(charts.STAGES[stage] for stage in stages), f"{charts.STAGES[last]}, share"),
            [
                (
                    name,
                    *(words.count(row[stage]) for stage in stages),
                    words.percent(words.share(row[last], row["sessions"])),
                )
                for name, row in rows
            ],
        )
    )
    return Section("visits", title, lead, blocks)


def sales(found: Findings, currency: str) -> Section:
    """Baskets and revenue over time."""
    title = "Baskets and revenue"
    row = found.totals.iloc[0] if len(found.totals) else None
    if row is None or not row["baskets"]:
        return Section("sales", title, "", [nothing("There are no baskets yet.")])
    lead = (
        f"{words.plural(row['baskets'], 'basket')} from {words.day(row['first_day'])} to {words.day(row['last_day'])},"
        f" worth {words.money(row['net'], currency)},"
        f" or {words.money(words.share(row['net'], row['baskets']), currency, 2)} each."
    )
    if found.volume.empty:
        return Section("sales", title, lead, [nothing(f"There is no whole {found.grain} to draw yet.")])
    drawn = [charts.over_time(found.volume, found.grain, measure, currency) for measure in ("baskets", "net")]
    return Section("sales", title, lead, [Charts(drawn)])


def segments(found: Findings, currency: str) -> Section:
    """Who the customers are."""
    title = "Segments"
    rows = found.segments
    if rows.empty:
        return Section("segments", title, "", [nothing("No customers have been put into segments yet.")])
    whole, worth = rows["customers"].sum(), rows["net"].sum()
    best = rows.sort_values("mean_net", ascending=False, na_position="last").iloc[0]
    lead = (
        f"{words.plural(whole, 'customer')} fall into {words.plural(len(rows), 'segment')}."
        f" “{best['segment']}” is worth most by customer:"
        f" {words.percent(words.share(best['customers'], whole), 0)} of the customers and"
        f" {words.percent(words.share(best['net'], worth), 0)} of the revenue of customers who are known."
    )
    grid = Grid(
        "Segments, most valuable first; scores of 1 (low) to 5 are means",
        ("Segment", "Customers", "Revenue", "Each", "Recency", "Frequency", "Money", "Churn risk"),
        [
            (
                str(row.segment),
                words.count(row.customers),
                words.money(row.net, currency),
                words.money(row.mean_net, currency),
                words.decimal(row.recency, 1),
                words.decimal(row.frequency, 1),
                words.decimal(row.monetary, 1),
                words.percent(row.churn, 0),
            )
            for row in each(rows)
        ],
    )
    blocks: list[Block] = [Charts([charts.segments(rows)]), grid]
    if not found.rfm.empty:
        blocks.append(Charts([charts.rfm(found.rfm, currency)]))
    return Section("segments", title, lead, blocks)


def rules(found: Findings) -> Section:
    """What is bought together."""
    title = "Bought together"
    rows = found.rules
    if rows.empty:
        return Section("rules", title, "", [nothing("No products are bought together often enough to make a rule.")])
    lead = (
        "Products that share a basket more often than chance would have it. A rule and its reverse count once:"
        " the surer direction stands here, with its share of the baskets that hold what comes first."
    )
    sentences = [
        Rule(
            list(row.antecedent),
            list(row.consequent),
            f"{words.decimal(row.lift, 1)} times as often as chance, in {words.plural(row.baskets, 'basket')}"
            f" ({words.percent(row.confidence, 0)}).",
        )
        for row in each(rows.head(RULES_IN_WORDS))
    ]
    return Section("rules", title, lead, [Rules(sentences), Charts([charts.rules(rows)])])


def recommendations(found: Findings, currency: str) -> Section:
    """What three customers would be offered."""
    title = "Recommendations, by example"
    if found.examples.empty:
        return Section("recommendations", title, "", [nothing("There are no recommendations yet.")])
    cards = []
    for row in each(found.examples):
        offers = found.offers[found.offers["pseudonym"] == row.pseudonym]
        facts = [
            *([str(row.segment)] if _text(row.segment) else []),
            f"{words.plural(_number(row.orders), 'basket')}, {words.money(_number(row.net), currency)} in all",
        ]
        if not words.is_missing(row.recency_days):
            facts.append(f"last bought {words.plural(row.recency_days, 'day')} ago")
        if not words.is_missing(row.churn_probability):
            facts.append(f"{words.percent(row.churn_probability, 0)} risk of leaving")
        cards.append(
            Card(
                f"Customer {row.pseudonym}",
                facts,
                [Offer(str(offer.product), _text(offer.department), bool(offer.is_repeat)) for offer in each(offers)],
            )
        )
    lead = (
        "What three customers of different segments would be offered, best first. Their names here are the start"
        " of a hash of their customer_id."
    )
    return Section("recommendations", title, lead, [Cards(cards)])


def churn(found: Findings) -> Section:
    """Who is likely to leave, and how good that forecast is."""
    title = "Who may leave"
    if found.risks.empty and found.deciles.empty:
        text = (
            "There is no churn model. It learns from customers who left and customers who stayed, on several dates, and"
            " is judged on a later one: the run's log says at mining.churn how many were found and how many it needs."
        )
        return Section("churn", title, "", [nothing(text)])
    lead = ""
    blocks: list[Block] = []
    if len(found.leaving):
        row = found.leaving.iloc[0]
        horizon = words.plural(row["horizon_days"], "day")
        lead = (
            f"To leave means to buy nothing for {horizon}."
            f" Of {words.plural(found.risks['customers'].sum(), 'customer')} who bought in the 84 days before,"
            f" {words.count(row['likely'])} are more likely to leave than to stay."
        )
        if row["likely"]:
            lead += (
                f" {words.count(row['silent'])} of these have bought nothing for {horizon} or more already: they are to"
                f" be won back, the other {words.count(row['likely'] - row['silent'])} can still be kept."
            )
    else:
        blocks.append(nothing("Nobody has a score as of this day: the run's log says why, at mining.churn_scores."))
    if found.deciles.empty:
        blocks.append(nothing("The model has not been judged on a later date than it was trained on."))
    else:
        top = found.deciles.sort_values("decile").iloc[0]
        blocks.append(
            Text(
                f"On a later date than it was trained on (scored as of {top['judged_on']}):"
                f" of the tenth most at risk {words.percent(top['churn_rate'], 0)} left,"
                f" {words.decimal(top['lift'], 1)} times the average."
            )
        )
        blocks.append(Charts([charts.lift(found.deciles), charts.calibration(found.deciles)]))
    if not found.risks.empty:
        blocks.append(Charts([charts.risks(found.risks)]))
    return Section("churn", title, lead, blocks)


def _text(value: object) -> str:
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else str(value)


def _number(value: float | None) -> float:
    return 0.0 if value is None or words.is_missing(value) else float(value)
