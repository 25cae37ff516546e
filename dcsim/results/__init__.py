"""Finished runs: load one, read its tables, ask it for metrics."""
