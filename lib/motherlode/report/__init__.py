"""The report: small summaries of the serving tables, charts, and one self-contained page."""
