"""The world acts plans out: fleets, gangs, load, freshness and faults on a SimPy clock."""
