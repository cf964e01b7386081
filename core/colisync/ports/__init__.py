"""What the core asks of the outside: Protocols, structural, synchronous, small."""
