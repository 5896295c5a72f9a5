"""MLflow: each fit is a run, each model a registered version, and `champion` what scoring loads.

MLflow takes seconds to import, so it is only where a model is asked for.
"""

import contextlib
import datetime
import io
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyspark

from motherlode.contracts.models import Champion, Fitted, Model
from motherlode.errors import MotherlodeError
from motherlode.runner.session import is_local, local_path
from motherlode.settings import Paths

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from pyspark.sql import SparkSession

EXPERIMENT = "motherlode"
CHAMPION = "champion"
PLAN_TAG = "motherlode.plan"
_BASELINE = "baseline."
_EXAMPLE_ROWS = 5


def registered_name(model: Model) -> str:
    """MLflow's name of a model: dots and slashes mean something else there."""
    return model.full_name.replace(".", "_")


class Tracking:
    """The tracking store and the model registry of one warehouse."""

    def __init__(self, spark: "SparkSession", paths: Paths) -> None:
        self.spark = spark
        self.paths = paths
        self._client: MlflowClient | None = None

    @property
    def client(self) -> "MlflowClient":
        if self._client is None:
            os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
            os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
            with _quiet():
                import mlflow

                if self.paths.tracking.startswith("sqlite:///"):
                    local_path(self.paths.tracking.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
                mlflow.set_tracking_uri(self.paths.tracking)
                mlflow.set_registry_uri(self.paths.tracking)
                client = mlflow.MlflowClient()
                if client.get_experiment_by_name(EXPERIMENT) is None:
                    client.create_experiment(EXPERIMENT, artifact_location=self._artifacts())
                mlflow.set_experiment(EXPERIMENT)
                self._client = client
        return self._client

    def _artifacts(self) -> str:
        if is_local(self.paths.artifacts):
            return local_path(self.paths.artifacts).absolute().as_uri()
        return self.paths.artifacts

    def champion_version(self, model: Model, as_of: datetime.date | None = None) -> str | None:
        """The version that the alias points to; None where there is none, or it has seen what came after `as_of`."""
        from mlflow.exceptions import MlflowException

        client = self.client
        try:
            found = client.get_model_version_by_alias(registered_name(model), CHAMPION)
        except MlflowException as error:
            # MLflow's codes for no such model, and for no such alias of it.
            if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                raise
            return None
        looked_ahead = as_of is not None and found.tags.get("motherlode.as_of", "") > as_of.isoformat()
        return None if looked_ahead else str(found.version)

    def version_of_plan(self, model: Model, plan: str) -> str | None:
        """The version that an earlier try of the same plan registered."""
        client = self.client
        found = client.search_model_versions(f"name = '{registered_name(model)}'")
        for version in found:
            if version.tags.get(PLAN_TAG) == plan and version.tags.get("motherlode.complete") == "true":
                return str(version.version)
        return None

    def register(self, model: Model, fitted: Fitted, plan: str, tags: dict[str, str]) -> str:
        """Log a run and register the model; the alias is not moved yet."""
        client = self.client
        import mlflow
        import mlflow.spark
        from mlflow.models import infer_signature

        with _quiet(), mlflow.start_run(run_name=model.full_name, tags={PLAN_TAG: plan, **tags}):
            mlflow.log_params(dict(fitted.parameters))
            mlflow.log_metrics({name: float(value) for name, value in fitted.metrics.items()})
            mlflow.log_metrics({_BASELINE + name: float(value) for name, value in fitted.baseline.items()})
            example = fitted.example.limit(_EXAMPLE_ROWS)
            rows = example.toPandas()
            scored = fitted.model.transform(example)
            added = [name for name in scored.columns if name not in example.columns]
            simple = [name for name in added if scored.schema[name].dataType.typeName() not in ("udt", "vectorudt")]
            answers = scored.select(*simple).toPandas() if simple else None
            signature = infer_signature(rows, answers)  # type: ignore[arg-type]
            with _quiet():
                info = mlflow.spark.log_model(
                    fitted.model,
                    artifact_path=model.name,
                    registered_model_name=registered_name(model),
                    signature=signature,
                    input_example=rows,
                    pip_requirements=[f"pyspark=={pyspark.__version__}"],
                    dfs_tmpdir=self._scratch(),
                )
        version = str(info.registered_model_version)
        for key, value in {PLAN_TAG: plan, **tags, "motherlode.complete": "true"}.items():
            client.set_model_version_tag(registered_name(model), version, key, value)
        return version

    def crown(self, model: Model, version: str) -> None:
        """Point the champion alias at a version: the last step of a fit."""
        self.client.set_registered_model_alias(registered_name(model), CHAMPION, version)

    def champion(self, model: Model, version: str) -> Champion:
        """Load a version."""
        import mlflow.spark

        client = self.client
        with _quiet():
            loaded = mlflow.spark.load_model(f"models:/{registered_name(model)}/{version}", dfs_tmpdir=self._scratch())
        about = client.get_model_version(registered_name(model), version)
        if about.run_id is None:
            raise MotherlodeError(f"{model.full_name} version {version}: has no run in MLflow; fit it anew")
        metrics, baseline = _split(client.get_run(about.run_id).data.metrics)
        return Champion(
            model=loaded,
            version=version,
            metrics=metrics,
            baseline=baseline,
            trained_as_of=about.tags.get("motherlode.as_of", ""),
        )

    def scorecard(self, models: dict[Model, str]) -> list[dict[str, Any]]:
        """A row for each metric of each model's version."""
        rows: list[dict[str, Any]] = []
        for model, version in models.items():
            about = self.client.get_model_version(registered_name(model), version)
            metrics, baseline = _split(self.client.get_run(str(about.run_id)).data.metrics)
            for metric, value in sorted(metrics.items()):
                rows.append(
                    {
                        "model": model.name,
                        "model_version": version,
                        "trained_as_of": about.tags.get("motherlode.as_of"),
                        "metric": metric,
                        "value": value,
                        "baseline": baseline.get(metric),
                    }
                )
        return rows

    def _scratch(self) -> str:
        if is_local(self.paths.artifacts):
            return str(local_path(self.paths.artifacts).absolute().parent / "mlflow-tmp")
        return f"{self.paths.artifacts.rstrip('/')}-tmp"


def _split(values: dict[str, float]) -> tuple[dict[str, float], dict[str, float]]:
    metrics = {name: value for name, value in values.items() if not name.startswith(_BASELINE)}
    baseline = {name.removeprefix(_BASELINE): value for name, value in values.items() if name.startswith(_BASELINE)}
    return metrics, baseline


@contextmanager
def _quiet() -> Iterator[None]:
    """MLflow, alembic and PySpark tell of every step, and of each guess that failed; a user wants the result."""
    for name in ("alembic", "mlflow", "DataFrameQueryContextLogger"):
        # Disabled, for MLflow sets its own level when it is imported.
        logging.getLogger(name).disabled = True
    for name in list(logging.root.manager.loggerDict):
        if name.startswith(("mlflow.", "alembic.")):
            logging.getLogger(name).disabled = True
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
