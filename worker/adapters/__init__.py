"""One adapter for each port: the outside world in the domain's words."""
