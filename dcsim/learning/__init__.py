"""Learning: how many steps and samples a target takes, at which batch and synchronisation."""
