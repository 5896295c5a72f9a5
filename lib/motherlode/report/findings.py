"""What the report says, as small frames: nothing here grows with the number of events or customers."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Findings:
    """The summaries that the page is made of. Each frame may be empty.

    Args:
        as_of: the business day at whose end all of it was true.
        accounting: by source: source, batches, unbalanced, records_in, events, duplicates, quarantined.
        reasons: most frequent first: source, rule, path, allowed, records.
        scores: by source and day, of the last weeks: source, day, records, score, standing.
        faults: the rules that most records break, worst first: source, rule, field, faults, records, days_below.
        accuracy: identity.accuracy as it is.
        identifiers: customers by number of identifiers, the last one open, and how many of them ever bought:
            identifiers, customers, buyers.
        largest: the customers with most identifiers: identifiers.
        funnel: sessions that got at least so far, by channel: channel, sessions, viewed, added, ordered.
        totals: one row: baskets, online (those not bought in a store), net, first_day, last_day.
        volume: by period and channel: period, channel, baskets, net.
        grain: the length of a period of `volume`: day or week.
        segments: segment_id, segment, customers, net, mean_net, recency, frequency, monetary, churn.
        rfm: buyers alone: recency_score, frequency_score, customers, mean_net.
        rules: strongest first: antecedent, consequent, baskets, support, confidence, lift.
        examples: pseudonym, segment, orders, net, recency_days, churn_probability.
        offers: pseudonym, rank, product, department, is_repeat.
        deciles: mining.churn_evaluation of its newest date.
        risks: customers by predicted risk: probability (lower end of the bin), customers.
        leaving: one row: horizon_days that the churn model looks ahead, the likely who will sooner leave than stay,
            and how many of these are silent for as long already; no row without scores.
        quality: serving.model_quality as it is.
    """

    as_of: date
    accounting: pd.DataFrame
    reasons: pd.DataFrame
    scores: pd.DataFrame
    faults: pd.DataFrame
    accuracy: pd.DataFrame
    identifiers: pd.DataFrame
    largest: pd.DataFrame
    funnel: pd.DataFrame
    totals: pd.DataFrame
    volume: pd.DataFrame
    grain: str
    segments: pd.DataFrame
    rfm: pd.DataFrame
    rules: pd.DataFrame
    examples: pd.DataFrame
    offers: pd.DataFrame
    deciles: pd.DataFrame
    risks: pd.DataFrame
    leaving: pd.DataFrame
    quality: pd.DataFrame


def each(frame: pd.DataFrame) -> list[Any]:
    """The rows as named tuples; whole numbers with gaps are floats, gaps NaN or None."""
    return list(frame.itertuples())
