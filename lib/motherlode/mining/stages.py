"""Stages of a fitted pipeline: a registry hands back every model as a pipeline."""

from typing import TypeVar

from pyspark.ml import PipelineModel, Transformer

Stage = TypeVar("Stage", bound=Transformer)


def stage_of(model: Transformer, kind: type[Stage]) -> Stage:
    """The one stage of that kind.

    Raises:
        TypeError: the model has none.
    """
    if isinstance(model, kind):
        return model
    if isinstance(model, PipelineModel):
        for stage in model.stages:
            if isinstance(stage, (kind, PipelineModel)):
                return stage_of(stage, kind)
    raise TypeError(f"{type(model).__name__} holds no {kind.__name__}")
