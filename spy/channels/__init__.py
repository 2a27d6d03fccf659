"""How the agent speaks to the outside: signed webhooks and mail. Only `webhook` and `email` connect."""
