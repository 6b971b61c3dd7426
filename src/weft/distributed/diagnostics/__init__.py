"""The path at which programs look for plugins."""
