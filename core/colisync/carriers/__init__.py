"""Carriers: each a package of its own, found through the entry points `colisync.carriers`."""
