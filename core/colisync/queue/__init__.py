"""The queue: an engine (Huey) that wakes work up, and one generic task over a table of handlers."""

from colisync.queue.engine import Engine, Stopped, open_queue

__all__ = ["Engine", "Stopped", "open_queue"]
