"""A Pub/Sub server: a state machine with an injected clock, and its HTTP front."""
