"""Ties to other libraries; each in a file of its own, imported by who uses it."""
