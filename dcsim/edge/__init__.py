"""Inference at the edge: phones that differ, vary in the field, and slow down when they get warm."""
