"""One verb per module: each can be run again at any time without harm."""
