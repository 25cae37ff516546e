"""The command line: one module per verb, whatever is heavy imported inside the verb."""
