"""Any HTTP service that answers with JSON or a log, described by configuration alone."""
