"""Sweeps: one scenario over values, designs and seeds, on one machine or many."""
