"""Algorithms of mining: rules, recommendations, segments, churn. DataFrames in, DataFrames and models out."""
