"""The reference receiver on Tier0's side: stores signed decisions, tells what counts for a run (docs/receiver.md)."""
