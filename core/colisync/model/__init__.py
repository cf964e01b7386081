"""The nouns of shipping: frozen, without I/O, the same for every shop and carrier."""
