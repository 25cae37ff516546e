"""Typed tables: declared once, recorded by the world, kept as Parquet."""
