"""Declarations only: fields, tables, models, jobs. No I/O, no Spark session."""
