"""For tests only: the suites that a backend inherits, doubles, factories and test stores."""
