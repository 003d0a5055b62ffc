"""PostgreSQL: the models, and each store that the ports name."""
