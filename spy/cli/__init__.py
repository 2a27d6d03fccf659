"""The `spy` command: what people and process supervisors type."""
