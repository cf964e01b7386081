"""The web side of `colisync serve`."""
