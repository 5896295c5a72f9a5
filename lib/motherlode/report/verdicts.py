"""Models beside their simplest rivals, and what follows."""

import pandas as pd

from motherlode.report import words
from motherlode.report.findings import each
from motherlode.report.page import Block, Grid, Section, Text

# Measures of error; of all others more is better.
LESS_IS_BETTER = ("loss", "error", "brier", "rmse", "mae", "mse", "deviance", "davies", "entropy", "distance", "cost")


RIVALS = {
    "fp_growth": "Rules complete baskets of the last weeks, of which one product is hidden; their rival suggests what"
    " sells best (hit_rate: how often the hidden product is among the suggestions; judged_baskets: among how many"
    " baskets).",
    "recommender": "The recommender is trained before the last weeks, and the lists that would have been served are"
    " held against what customers bought in them (precision and recall: shares of the lists and of the purchases;"
    " ndcg: the same, counting the top of a list more; coverage: share of what may be offered that stands in any"
    " list). Their rival fills the whole list with what the customer bought most before, then with best sellers. A"
    " served list keeps places for products that the customer never bought, which costs hits. These places alone are"
    " new_precision, whose rival puts best sellers there. The other places go by what was bought most, without the"
    " model: again_precision has no rival.",
    "churn": "The churn model is trained on earlier dates and judged on a later one. For the order of customers its"
    " rival sorts them by two facts: fewest baskets in 84 days first and, of equals, who has been silent longest (auc:"
    " how often who leaves stands before who stays; average_precision: the share of leavers at the head of the list,"
    " over all its lengths; lift_top_decile: their share of its first tenth over the average). For the chances it is"
    " the average, said of everybody (brier, log_loss: errors).",
    "segmenter": "Segments are judged by how far they lie apart (silhouette, -1 to 1); their rival cuts customers by"
    " the sum of their scores for recency, frequency and money.",
}
"""By the model's name: what is measured, and against what."""


def models(quality: pd.DataFrame) -> Section:
    """Each model beside its simplest rival."""
    title = "How good the models are"
    if quality.empty:
        return Section("models", title, "", [Text("No model has been trained yet.", tone="nothing")])
    judged = [(row, verdict(str(row.metric), row.value, row.baseline)) for row in each(quality)]
    lost = [f"{row.model} by {row.metric}" for row, said in judged if said == "does not beat its rival"]
    lead = "On data that the models have not seen, beside the simplest rival that does the same job."
    blocks: list[Block] = []
    if lost:
        blocks.append(Text(f"No better than the simplest rival: {words.listed(lost)}.", tone="warning"))
    names = [str(name).rsplit(".", 1)[-1] for name in quality["model"].unique()]
    blocks += [Text(RIVALS[name]) for name in names if name in RIVALS]
    blocks.append(
        Grid(
            "Measures",
            ("Model", "Measure", "Model's", "Rival's", "Verdict", "Trained as of"),
            [
                (
                    str(row.model),
                    str(row.metric),
                    _measure(row.value),
                    _measure(row.baseline),
                    said,
                    str(row.trained_as_of),
                )
                for row, said in judged
            ],
            words=frozenset({0, 1, 4}),
        )
    )
    return Section("models", title, lead, blocks)


def verdict(metric: str, value: float, baseline: float | None) -> str:
    """Whether a model is worth having; a tie is not."""
    if baseline is None or words.is_missing(baseline) or words.is_missing(value):
        return words.NOTHING
    less = any(word in metric.lower() for word in LESS_IS_BETTER)
    better = value < baseline if less else value > baseline
    return "beats its rival" if better else "does not beat its rival"


def _measure(value: float | None) -> str:
    """Counts in full, shares and scores to four digits."""
    if value is None or words.is_missing(value):
        return words.NOTHING
    return words.count(value) if float(value).is_integer() and abs(value) >= 10 else words.decimal(value, 4)
