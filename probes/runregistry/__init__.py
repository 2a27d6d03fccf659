"""RunRegistry, where people certify runs: what they say about a run, as context."""
