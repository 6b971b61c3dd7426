"""Functions of whole partitions, by engine: ``table`` says which function does which operation."""
