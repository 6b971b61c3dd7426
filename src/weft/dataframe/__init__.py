"""dataframe."""
