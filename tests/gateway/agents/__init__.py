"""Environments and agents at the gateway."""
