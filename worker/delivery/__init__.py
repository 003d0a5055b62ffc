"""Pulling, leasing and settling deliveries."""
