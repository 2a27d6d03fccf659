"""What an early release would have missed: intervals that came between it and Tier0's own lock."""
