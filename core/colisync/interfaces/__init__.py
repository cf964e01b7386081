"""Command line and web: they translate, call a service, and decide nothing."""
