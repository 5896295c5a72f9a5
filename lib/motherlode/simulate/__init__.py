"""The seeded generator of raw logs with known truth, around the real baskets of the Complete Journey."""

from motherlode.simulate.errors import SimulateError
from motherlode.simulate.generate import generate
from motherlode.simulate.params import SimulateParams, Window
from motherlode.simulate.rates import RATES, Rates
from motherlode.simulate.score import BestScore
from motherlode.simulate.truth import RateCheck, SourceCount, Summary

__all__ = [
    "RATES",
    "BestScore",
    "RateCheck",
    "Rates",
    "SimulateError",
    "SimulateParams",
    "SourceCount",
    "Summary",
    "Window",
    "generate",
]
