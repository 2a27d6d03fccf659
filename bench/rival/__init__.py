"""The agent beside blackbox exporter, Prometheus and Alertmanager: the same targets, the same receiver, one run."""
