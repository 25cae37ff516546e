"""What models cost on devices: layer tables, device rooflines, and the time of one training step."""
