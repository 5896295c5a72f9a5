"""Findings as a small business would have them."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from motherlode.report.findings import Findings


@pytest.fixture
def found() -> Findings:
    return sample()


def sample() -> Findings:
    draw = np.random.default_rng(7)
    weeks = [date(2017, 1, 2) + timedelta(days=7 * number) for number in range(51)]
    volume = [
        {"period": week, "channel": channel, "baskets": round(n), "net": n * 31.0}
        for number, week in enumerate(weeks)
        for channel, size in (("store", 900), ("web", 260), ("app", 120))
        for n in [size * (1 + 0.15 * np.sin(number / 6)) * draw.uniform(0.92, 1.08)]
    ]
    sources = [("web", 412_331, 0.031, 0.011), ("store_sales", 310_222, 0.03, 0.004), ("email", 180_010, 0.052, 0.012)]
    sources += [
        ("shopify", 41_530, 0.12, 0.01),
        ("crm", 3_120, 0.03, 0.0),
        ("surveys", 2_210, 0.0, 0.013),
        ("products", 92_331, 0.0, 0.0),
    ]
    accounting = [
        {
            "source": name,
            "batches": 3,
            "unbalanced": 0,
            "records_in": records,
            "events": records - round(records * repeated) - round(records * broken),
            "duplicates": round(records * repeated),
            "quarantined": round(records * broken),
        }
        for name, records, repeated, broken in sources
    ]
    segments = [
        (0, "Frequent, high spending", 121, 410_000.0, 4.8, 4.7, 4.9, 0.04),
        (1, "Regular, across channels", 212, 392_000.0, 4.1, 3.8, 3.7, 0.11),
        (2, "Occasional store shoppers", 298, 301_000.0, 2.9, 2.6, 2.4, 0.34),
        (3, "Drifting away", 170, 58_000.0, 1.3, 1.4, 1.6, 0.78),
    ]
    rules = [
        (["SPAGHETTI SAUCE"], ["DRY NOODLES"], 412, 0.031, 0.44, 3.24),
        (["TACO SHELLS", "GROUND BEEF"], ["SHREDDED CHEESE"], 97, 0.008, 0.61, 3.02),
        (["HOT DOGS"], ["HAMBURGER BUNS"], 288, 0.022, 0.39, 2.91),
        (["PANCAKE MIX"], ["SYRUP"], 134, 0.01, 0.35, 2.7),
        (["BANANAS"], ["FLUID MILK WHITE ONLY"], 2210, 0.17, 0.58, 1.6),
    ]
    rules += [
        (
            [f"TYPE {number}"],
            [f"OTHER {number}"],
            int(draw.integers(60, 900)),
            0.01,
            draw.uniform(0.1, 0.5),
            draw.uniform(1.1, 2.4),
        )
        for number in range(70)
    ]
    predicted = [0.91, 0.78, 0.6, 0.42, 0.29, 0.2, 0.13, 0.08, 0.05, 0.02]
    happened = [0.88, 0.79, 0.55, 0.46, 0.27, 0.17, 0.15, 0.06, 0.05, 0.03]
    decile = pd.DataFrame({"decile": range(1, 11), "mean_probability": predicted, "churn_rate": happened})
    decile["customers"] = 80
    decile["churned"] = (decile["churn_rate"] * 80).round().astype(int)
    decile["lift"] = decile["churn_rate"] / decile["churn_rate"].mean()
    decile["judged_on"] = "2017-10-08"
    offers = [
        "FLUID MILK WHITE ONLY",
        "YOGURT NOT MULTI-PACKS",
        "SHREDDED CHEESE",
        "BANANAS",
        "SOFT DRINKS 12/18&15PK CAN CAR",
    ]
    return Findings(
        as_of=date(2017, 12, 31),
        accounting=pd.DataFrame(accounting),
        reasons=pd.DataFrame(
            [
                ("web", "timestamp is readable", "originalTimestamp", "ISO 8601", 2100),
                ("email", "type is known", "event", "delivered, open, click …", 1310),
                ("store_sales", "quantity is a number", "quantity", "a number", 980),
                ("web", "valid JSON", None, None, 410),
            ],
            columns=["source", "rule", "path", "allowed", "records"],
        ),
        scores=pd.DataFrame(
            [
                (source, date(2017, 12, 31) - timedelta(days=back), 1000, score, "warn" if score < 0.9 else "ok")
                for source, usual in (("crm", 1.0), ("web", 0.98))
                for back in range(30, -1, -1)
                for score in [0.8 if (source, back) == ("web", 4) else usual]
            ],
            columns=["source", "day", "records", "score", "standing"],
        ),
        faults=pd.DataFrame(
            [("web", "readable", "originalTimestamp", 780, 31_000, 1), ("web", "clock_off", "", 12, 31_000, 0)],
            columns=["source", "rule", "field", "faults", "records", "days_below"],
        ),
        accuracy=pd.DataFrame(
            [
                ("all", 6100, 2100, 2163, 9100, 8830, 8790, 0.9955, 0.9659, 0.9805),
                ("late_login", 1800, 630, 645, 2700, 2640, 2631, 0.9966, 0.9744, 0.9854),
                ("shared_device", 2400, 520, 561, 2900, 2700, 2672, 0.9896, 0.9214, 0.9543),
            ],
            columns=[
                "scenario",
                "identifiers",
                "people",
                "customers",
                "true_pairs",
                "found_pairs",
                "correct_pairs",
                "precision",
                "recall",
                "f1",
            ],
        ),
        identifiers=pd.DataFrame(
            {
                "identifiers": range(1, 13),
                "customers": [310, 520, 480, 300, 190, 110, 70, 41, 20, 9, 4, 1],
                "buyers": [0, 120, 220, 200, 100, 70, 50, 25, 10, 3, 2, 1],
            }
        ),
        largest=pd.DataFrame({"identifiers": [12, 11, 11, 11, 11]}),
        funnel=pd.DataFrame(
            {
                "channel": ["web", "app"],
                "sessions": [61_200, 24_800],
                "viewed": [44_100, 19_900],
                "added": [17_300, 9_100],
                "ordered": [8_200, 4_900],
            }
        ),
        totals=pd.DataFrame(
            {
                "baskets": [65_000],
                "online": [19_380],
                "net": [2_015_000.0],
                "first_day": [date(2017, 1, 1)],
                "last_day": [date(2017, 12, 31)],
            }
        ),
        volume=pd.DataFrame(volume),
        grain="week",
        segments=pd.DataFrame(
            [
                (number, name, size, net, net / size, r, f, m, risk)
                for number, name, size, net, r, f, m, risk in segments
            ],
            columns=[
                "segment_id",
                "segment",
                "customers",
                "net",
                "mean_net",
                "recency",
                "frequency",
                "monetary",
                "churn",
            ],
        ),
        rfm=pd.DataFrame(
            [
                {
                    "recency_score": r,
                    "frequency_score": f,
                    "customers": int(5 + 60 / (1 + (r - f) ** 2)),
                    "mean_net": 100.0 * f * r,
                }
                for r in range(1, 6)
                for f in range(1, 6)
            ]
        ),
        rules=pd.DataFrame(rules, columns=["antecedent", "consequent", "baskets", "support", "confidence", "lift"]),
        examples=pd.DataFrame(
            [
                ("1f8c20", segments[0][1], 131.0, 4_210.0, 2.0, 0.02),
                ("5ab311", segments[2][1], 22.0, 801.0, 19.0, 0.41),
                ("9e07dd", None, float("nan"), float("nan"), float("nan"), float("nan")),
            ],
            columns=["pseudonym", "segment", "orders", "net", "recency_days", "churn_probability"],
        ),
        offers=pd.DataFrame(
            [
                (pseudonym, rank, product, "GROCERY", rank % 2 == 0)
                for pseudonym in ("1f8c20", "5ab311", "9e07dd")
                for rank, product in enumerate(offers, start=1)
            ],
            columns=["pseudonym", "rank", "product", "department", "is_repeat"],
        ),
        deciles=decile,
        risks=pd.DataFrame(
            {
                "probability": [n / 20 for n in range(20)],
                "customers": [int(150 * np.exp(-n / 5) + n * 2) for n in range(20)],
            }
        ),
        leaving=pd.DataFrame({"horizon_days": [56], "likely": [270], "silent": [190]}),
        quality=pd.DataFrame(
            [
                ("mining.churn", "auc", 0.871, 0.842, "2017-10-08", "1"),
                ("mining.churn", "brier", 0.121, 0.139, "2017-10-08", "1"),
                ("mining.recommender", "ndcg_at_10", 0.121, 0.133, "2017-12-03", "1"),
                ("mining.segmenter", "silhouette", 0.41, float("nan"), "2017-12-31", "1"),
                ("mining.fp_growth", "rules", 812.0, None, "2017-12-31", "1"),
            ],
            columns=["model", "metric", "value", "baseline", "trained_as_of", "model_version"],
        ),
    )
