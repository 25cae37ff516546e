"""What a report says of a sweep: how answers move with the parameters, and how sure they are."""
