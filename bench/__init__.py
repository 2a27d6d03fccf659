"""What the program promises, measured. See README.md."""
