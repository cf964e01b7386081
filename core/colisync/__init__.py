"""Colisync: your own carrier contracts, in the shops where the orders are."""
