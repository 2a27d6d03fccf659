"""The DQM GUI: whether a harvest ran, and how it ended."""
