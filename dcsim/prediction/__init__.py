"""One training step of a model on a machine: its time, where it goes, and what follows from it."""
