"""What users' functions of blocks do, where it can be known: whether the code is plain, and what it does with stand-ins."""
