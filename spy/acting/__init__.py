"""What people and machines do to the agent: from a wish, over the right to it, to one row."""
