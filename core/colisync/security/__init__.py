"""Sealed credentials and signed links."""
