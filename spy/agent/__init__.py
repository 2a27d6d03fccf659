"""The agent at work: observe, decide, plan, deliver, confirm."""
