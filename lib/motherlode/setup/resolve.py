"""`python -m motherlode.setup.resolve IVY_DIR COORDINATE…`: Spark downloads these jars and no others."""

from __future__ import annotations

import sys

from pyspark.sql import SparkSession


def main(ivy: str, *coordinates: str) -> None:
    builder = SparkSession.Builder().master("local[1]").config("spark.ui.enabled", "false")
    try:
        spark = builder.config("spark.jars.ivy", ivy).getOrCreate()
        for coordinate in coordinates:
            # ADD JAR alone can leave out what it depends on: `spark.jars.packages` fetches 33 jars, 87 MB.
            spark.sql(f"ADD JAR 'ivy://{coordinate}?transitive=false'")
    except Exception as error:  # py4j's and pyspark's have no common type; the reason is in their second line
        sys.exit(" ".join(str(error).splitlines()[:2]))


if __name__ == "__main__":
    main(*sys.argv[1:])
