"""Jobs of recorded clusters: what is read from a trace, what became of each job, and figures of all of them."""
