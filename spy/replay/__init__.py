"""The past, decided again from what the store kept."""
