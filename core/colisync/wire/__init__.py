"""Where bytes from outside enter and leave: one session per remote, bounded, timed, redacted."""
