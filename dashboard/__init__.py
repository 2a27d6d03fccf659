"""The page that people look at: Dash, fed by the read models of the store."""
