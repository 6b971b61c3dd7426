"""What differs between versions of the libraries that Weft works with; nowhere else is a version looked at."""
