"""Randomness as a pure function of the seed, a purpose and ids: the same wherever and whenever it runs.

Expressions are built as SQL text, one call to the JVM each: a plan of this size takes thousands otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F


def sql_text(value: str) -> str:
    """A string literal."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def nth_of(values: Sequence[str], index: str) -> str:
    """SQL: the value at `index` (SQL, from 0)."""
    return f"element_at(array({', '.join(map(sql_text, values))}), CAST(({index}) + 1 AS INT))"


@dataclass(frozen=True)
class Draws:
    """Native Spark expressions. `ids` are SQL (a column's name, `1L`); those of one purpose always have the same types.

    Methods that end in _sql give the SQL of the expression.
    """

    seed: int

    def long_sql(self, purpose: str, *ids: str) -> str:
        """A 64-bit hash."""
        return f"xxhash64({', '.join([f'CAST({self.seed} AS BIGINT)', sql_text(purpose), *ids])})"

    def unit_sql(self, purpose: str, *ids: str) -> str:
        """Uniform in [0, 1)."""
        return f"(shiftrightunsigned({self.long_sql(purpose, *ids)}, 11) * {2.0**-53!r}D)"

    def below_sql(self, n: int | str, purpose: str, *ids: str) -> str:
        """A whole number (bigint) from 0 to n - 1."""
        return f"pmod({self.long_sql(purpose, *ids)}, CAST({n} AS BIGINT))"

    def between_sql(self, low: int, high: int, purpose: str, *ids: str) -> str:
        """A whole number (bigint) from low to high, both included."""
        return f"({low}L + {self.below_sql(high - low + 1, purpose, *ids)})"

    def chance_sql(self, share: float | str, purpose: str, *ids: str) -> str:
        """True for the given share (a number or SQL) of ids."""
        return f"({self.unit_sql(purpose, *ids)} < {share if isinstance(share, str) else f'{share!r}D'})"

    def unit(self, purpose: str, *ids: str) -> Column:
        """Uniform in [0, 1)."""
        return F.expr(self.unit_sql(purpose, *ids))

    def chance(self, share: float | str, purpose: str, *ids: str) -> Column:
        """True for the given share (a number or SQL) of ids."""
        return F.expr(self.chance_sql(share, purpose, *ids))

    def below(self, n: int | str, purpose: str, *ids: str) -> Column:
        """A whole number (bigint) from 0 to n - 1."""
        return F.expr(self.below_sql(n, purpose, *ids))

    def between(self, low: int, high: int, purpose: str, *ids: str) -> Column:
        """A whole number (bigint) from low to high, both included."""
        return F.expr(self.between_sql(low, high, purpose, *ids))

    def one_of(self, values: Sequence[str], purpose: str, *ids: str) -> Column:
        """One of the values."""
        return F.expr(nth_of(values, self.below_sql(len(values), purpose, *ids)))

    def uuid(self, purpose: str, *ids: str) -> Column:
        """A UUID-shaped string."""
        return F.expr(self.uuid_sql(purpose, *ids))

    def uuid_sql(self, purpose: str, *ids: str) -> str:
        """A UUID-shaped string."""
        digits = f"concat({_hex(self.long_sql(purpose, *ids))}, {_hex(self.long_sql(purpose + '/2', *ids))})"
        pattern = "'^(.{8})(.{4}).(.{3}).(.{3})(.{12})'"
        return f"regexp_replace(substr({digits}, 1, 32), {pattern}, '$1-$2-4$3-a$4-$5')"


def _hex(long: str) -> str:
    return f"lpad(lower(hex({long})), 16, '0')"
