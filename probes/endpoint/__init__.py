"""Any HTTP service that answers with JSON, described by configuration alone."""
