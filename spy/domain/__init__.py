"""What the agent talks about: runs, products, evidence, verdicts, releases, human acts. Standard library only."""
