"""Predictions beside what was published: rows with sources, the predictor of each, and how far they are apart."""
