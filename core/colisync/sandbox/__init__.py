"""Emulators of the remotes that cannot be had: real servers on loopback, as strict as the remote.

They import no carrier and no connector, so that a misreading on one side meets the other.
"""
