"""Data-quality rules as columns: what is wrong with a record, or null."""
