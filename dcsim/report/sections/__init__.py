"""Sections of the report of a run, one module each: a function from the view of the run to a section, or nothing."""
