"""Steps in order; a file's number is its revision."""
