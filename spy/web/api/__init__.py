"""REST under `/api/v1`: the same views as the page, for machines."""
