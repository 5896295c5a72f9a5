"""Crawlers by their user agent, after the maintained list of PyPI's crawler-user-agents."""

from functools import lru_cache

import pyarrow as pa
from crawleruseragents import is_crawler as _listed
from pyspark.sql import Column
from pyspark.sql.types import BooleanType

from motherlode.columns.arrow import batched


def is_crawler(user_agent: Column) -> Column:
    """Whether a crawler of the list calls itself so; false without a user agent."""
    return _is_crawler(user_agent)


# 600 patterns cost 20 to 100 µs a text, but a log holds few different user agents.
@lru_cache(maxsize=100_000)
def _crawls(user_agent: str | None) -> bool:
    return bool(user_agent) and bool(_listed(user_agent))


def _crawls_each(batch: pa.Array) -> pa.Array:
    coded = batch.dictionary_encode(null_encoding="encode")
    return pa.array([_crawls(text) for text in coded.dictionary.to_pylist()], pa.bool_()).take(coded.indices)


_is_crawler = batched(_crawls_each, BooleanType())
