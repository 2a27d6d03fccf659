"""Any HTTP/JSON service, described by configuration alone."""
