"""How good scores between 0 and 1 are at telling two classes apart, in one pass however many rows there are."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

BINS = 65_536


@dataclass(frozen=True)
class Counts:
    """Cases in each occupied bin of scores, highest score first."""

    positives: npt.NDArray[np.float64]
    negatives: npt.NDArray[np.float64]


def counts(scored: DataFrame, score: Column, label: str) -> Counts:
    """Cases by bin: at most 65,536 rows come to the driver. Scores in one bin count as equal.

    Args:
        scored: holds `label`, 0 or 1.
        score: 0 to 1.
    """
    bin_of = F.floor(F.least(F.greatest(score, F.lit(0.0)), F.lit(1.0)) * (BINS - 1) + 0.5)
    bins = (
        scored.groupBy(bin_of.alias("bin"))
        .agg(F.sum(F.col(label).cast("long")).alias("positives"), F.count(F.lit(1)).alias("cases"))
        .orderBy(F.desc("bin"))
        .toArrow()
    )
    positives = bins["positives"].to_numpy().astype(np.float64)
    return Counts(positives, bins["cases"].to_numpy().astype(np.float64) - positives)


def auc(found: Counts) -> float:
    """Area under the ROC curve: the chance that a positive scores above a negative, ties counting half."""
    below = found.negatives.sum() - np.cumsum(found.negatives)
    wins = float(np.sum(found.positives * (below + found.negatives / 2)))
    return wins / float(found.positives.sum() * found.negatives.sum())


def average_precision(found: Counts) -> float:
    """Sum over thresholds of precision times the step in recall, without interpolation."""
    hits = np.cumsum(found.positives)
    precision = hits / np.cumsum(found.positives + found.negatives)
    return float(np.sum(precision * found.positives) / hits[-1])


def top_lift(found: Counts, share: float = 0.1) -> float:
    """Rate of positives in the highest-scoring `share` over that of all; a tie at the cut counts in part."""
    cases = found.positives + found.negatives
    top = share * cases.sum()
    taken = np.clip(top - (np.cumsum(cases) - cases), 0, cases) / cases
    return float(np.sum(found.positives * taken) / top / (found.positives.sum() / cases.sum()))


def ranking_metrics(found: Counts, top: float = 0.1) -> dict[str, float]:
    """What depends on the order of scores alone; `top` is the share of cases that counts as the first tenth."""
    return {"auc": auc(found), "average_precision": average_precision(found), "lift_top_decile": top_lift(found, top)}


def probability_metrics(scored: DataFrame, probability: Column, label: str) -> dict[str, float]:
    """brier: mean squared error; log_loss: mean negative log-likelihood, natural."""
    truth = F.col(label).cast("double")
    inside = F.least(F.greatest(probability, F.lit(1e-15)), F.lit(1 - 1e-15))
    likelihood = F.when(F.col(label) == 1, inside).otherwise(1 - inside)
    means = scored.agg(
        F.avg(F.pow(probability - truth, F.lit(2))).alias("brier"), F.avg(-F.ln(likelihood)).alias("log_loss")
    ).first()
    return {} if means is None or means.brier is None else {"brier": means.brier, "log_loss": means.log_loss}
