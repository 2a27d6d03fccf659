"""The agent's own database: append-only evidence and decisions, the outbox, acts, and the views that people read."""
