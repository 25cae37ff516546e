"""dcsim."""
