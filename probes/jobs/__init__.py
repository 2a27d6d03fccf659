"""The archive of job reports: how many express jobs of a run were reported, and how many of them failed."""
