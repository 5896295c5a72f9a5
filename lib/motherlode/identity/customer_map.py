"""Evidence and rules in, the map of identifiers to customers out."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.identity.components import components
from motherlode.identity.graph import graph
from motherlode.identity.params import IdentityParams
from motherlode.identity.rules import members
from motherlode.identity.shared import intervals

BEGINNING = "1970-01-01 00:00:00"
NO_END = "9999-12-31 00:00:00"


def customer_map(evidence: DataFrame, params: IdentityParams) -> DataFrame:
    """The columns of identity.customer_map: block, cut, components, rules in each, then what is shared."""
    found = graph(evidence, params)
    labels = components(found.edges, params.component_bound)
    own = members(found, labels, params.unique)
    name = customer_id(F.col("oldest")).alias("customer_id")
    people = own.select("identifier", "type", name, "known_from").persist()
    shared = found.nodes.where("is_shared").select("identifier", "type")
    turns = intervals(evidence, shared, people, params)
    always = people.select(
        "identifier",
        "type",
        F.lit(BEGINNING).cast("timestamp").alias("valid_from"),
        F.lit(NO_END).cast("timestamp").alias("valid_to"),
        "customer_id",
        "known_from",
        F.lit(False).alias("is_shared"),
    )
    both = always.unionByName(turns.withColumn("is_shared", F.lit(True)))
    return both.withColumnRenamed("type", "identifier_type")


def customer_id(oldest: Column) -> Column:
    """A customer is named after its oldest identifier."""
    return F.concat(F.lit("c"), F.substring(F.sha2(oldest, 256), 1, 24))
