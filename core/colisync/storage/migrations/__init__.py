"""The schema's history: one file per step, never changed once released; nothing is ever dropped."""
