"""One self-contained HTML page of what was found.

How it grows: every table is read once and summed to a few rows before anything reaches the driver; the largest are
baskets and sessions, whose sums by week and by channel are merged map-side. The page does not grow.
"""

import sys
from datetime import date

from pyspark.sql import DataFrame

from motherlode.contracts import bronze, features, identity, mining, serving, silver
from motherlode.contracts.activation import REPORT
from motherlode.contracts.jobs import Job, Outputs, Snapshot
from motherlode.contracts.tables import Purpose
from motherlode.report import summaries
from motherlode.report.findings import Findings
from motherlode.report.page import render
from motherlode.report.params import ReportParams
from motherlode.report.sections import compose


def transform(
    accounting: DataFrame,
    scores: DataFrame,
    profiles: DataFrame,
    members: DataFrame,
    rules: DataFrame,
    recommendations: DataFrame,
    risks: DataFrame,
    quality: DataFrame,
    evaluations: DataFrame,
    accuracy: DataFrame,
    sessions: DataFrame,
    baskets: DataFrame,
    unreadable: DataFrame,
    events_quarantine: DataFrame,
    order_lines_quarantine: DataFrame,
    customers_quarantine: DataFrame,
    households_quarantine: DataFrame,
    consents_quarantine: DataFrame,
    survey_answers_quarantine: DataFrame,
    attributes_quarantine: DataFrame,
    identity_truth_quarantine: DataFrame,
    products_quarantine: DataFrame,
    campaigns_quarantine: DataFrame,
    coupons_quarantine: DataFrame,
    exchange_rates_quarantine: DataFrame,
    params: ReportParams,
    as_of: date,
) -> Outputs:
    totals = summaries.totals(baskets, as_of)
    first_day = totals["first_day"].iloc[0]
    examples = summaries.examples(recommendations, profiles).persist()
    found = Findings(
        as_of=as_of,
        accounting=summaries.accounting(accounting),
        reasons=summaries.reasons(
            (
                unreadable,
                events_quarantine,
                order_lines_quarantine,
                customers_quarantine,
                households_quarantine,
                consents_quarantine,
                survey_answers_quarantine,
                attributes_quarantine,
                identity_truth_quarantine,
                products_quarantine,
                campaigns_quarantine,
                coupons_quarantine,
                exchange_rates_quarantine,
            )
        ),
        scores=summaries.scores(scores, as_of),
        faults=summaries.faults(scores, as_of),
        accuracy=summaries.accuracy(accuracy),
        identifiers=summaries.identifiers(profiles),
        largest=summaries.largest(profiles),
        funnel=summaries.funnel(sessions, as_of),
        totals=totals,
        volume=summaries.volume(baskets, as_of, first_day),
        grain=summaries.grain(first_day, as_of),
        segments=summaries.segments(members, profiles),
        rfm=summaries.rfm(members, profiles),
        rules=summaries.rules(rules),
        examples=summaries.first(examples.drop("customer_id"), summaries.EXAMPLES, "pseudonym"),
        offers=summaries.offers_of(examples, recommendations),
        deciles=summaries.deciles(evaluations, as_of),
        risks=summaries.risks(risks),
        leaving=summaries.leaving(risks, profiles),
        quality=summaries.quality(quality),
    )
    return {"report": render(compose(found, params))}


JOB = Job(
    name="activation.report",
    doc="The report: what came in, who is who, what was found and how good the models are",
    reads={
        "accounting": serving.INGEST_ACCOUNTING,
        "scores": serving.DATA_QUALITY,
        "profiles": serving.CUSTOMER_PROFILE,
        "members": serving.CUSTOMER_SEGMENTS,
        "rules": serving.ASSOCIATION_RULES,
        "recommendations": serving.RECOMMENDATIONS,
        "risks": serving.CHURN_SCORES,
        "quality": serving.MODEL_QUALITY,
        "evaluations": mining.CHURN_EVALUATION,
        "accuracy": identity.ACCURACY,
        "sessions": features.SESSIONS,
        "baskets": features.BASKETS,
        "unreadable": bronze.QUARANTINE,
        **{f"{name}_quarantine": table for name, table in silver.QUARANTINES.items()},
    },
    writes=(REPORT,),
    transform=transform,
    mode=Snapshot(history=False),
    purpose=Purpose.ANALYTICS,
    params=ReportParams,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main(["activation.report", *sys.argv[1:]])
