"""Simulated time: the SimPy environment, its clock and its random streams."""
