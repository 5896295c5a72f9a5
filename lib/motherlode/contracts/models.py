"""A model, declared like a table: `fit` writes it, `score` reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pyspark.ml import Transformer
from pyspark.sql import DataFrame

from motherlode.contracts.fields import check_name
from motherlode.contracts.tables import Layer


@dataclass(frozen=True)
class Model:
    """A registered model: MLflow's name is LAYER_NAME, and `champion` the alias that scoring loads."""

    layer: Layer
    name: str
    doc: str
    owner: str

    def __post_init__(self) -> None:
        check_name("model", self.name)

    @property
    def full_name(self) -> str:
        return f"{self.layer.label}.{self.name}"


@dataclass(frozen=True)
class Fitted:
    """What a fitting transform returns for a model.

    Args:
        model: a fitted Spark ML model or PipelineModel.
        example: a handful of rows as scoring will see them: gives the signature and the input example.
        metrics: judged on data that the model has not seen.
        parameters: what it was trained with.
        baseline: the same metrics of the simplest rival.
    """

    model: Transformer
    example: DataFrame
    metrics: Mapping[str, float]
    parameters: Mapping[str, str | int | float]
    baseline: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Champion:
    """The model that scoring uses, as the runner hands it to a transform."""

    model: Transformer
    version: str
    metrics: Mapping[str, float]
    baseline: Mapping[str, float]
    trained_as_of: str
