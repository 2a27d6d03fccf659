"""Their side: Debian's blackbox exporter, Prometheus and Alertmanager, at their fastest sane settings.

Sane: they keep their defaults where speed is not concerned, and lose no message. Fast: 1 s for scrape and evaluation,
no `for`, no `group_wait`, the shortest `group_interval`, no cluster, quiet logs, and of each probe only the sample that
the rule reads is kept.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from pathlib import Path
from urllib.parse import quote
from urllib.request import ProxyHandler, build_opener

# Program to Debian package: the same names.
PACKAGES = ("prometheus", "prometheus-alertmanager", "prometheus-blackbox-exporter")

BLACKBOX = """
modules:
  http_2xx:
    prober: http
    timeout: 900ms
    http:
      preferred_ip_protocol: ip4
"""
ALERTMANAGER = """
route:
  receiver: bench
  group_by: [alertname, instance]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 4h
receivers:
  - name: bench
    webhook_configs:
      - {{url: "{receiver}", send_resolved: true}}
"""
RULES = """
groups:
  - name: bench
    rules:
      - {alert: TargetGood, expr: probe_success == 1}
"""
PROMETHEUS = """
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: ["{folder}/rules.yml"]
alerting:
  alertmanagers:
    - static_configs: [{{targets: ["127.0.0.1:{alertmanager}"]}}]
scrape_configs:
  - job_name: bench
    metrics_path: /probe
    params: {{module: [http_2xx]}}
    static_configs: [{{targets: {targets}}}]
    relabel_configs:
      - {{source_labels: [__address__], target_label: __param_target}}
      - {{source_labels: [__param_target], target_label: instance}}
      - {{target_label: __address__, replacement: "127.0.0.1:{blackbox}"}}
    metric_relabel_configs:
      - {{source_labels: [__name__], regex: probe_success, action: keep}}
"""


def missing() -> list[str]:
    """Debian packages whose program is not on the PATH."""
    return [name for name in PACKAGES if shutil.which(name) is None]


def versions() -> list[str]:
    """First line of what each program says of itself."""
    told = [subprocess.run([name, "--version"], capture_output=True, text=True, check=True) for name in PACKAGES]
    return [(one.stdout or one.stderr).splitlines()[0] for one in told]


def _free_ports(count: int) -> list[int]:
    """Ports that are free now; all are held together, so that they differ."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def commands(folder: Path, count: int, targets: str, receiver: str) -> tuple[list[list[str]], str]:
    """Writes the configuration; the three command lines, and where Prometheus answers."""
    blackbox, alertmanager, prometheus = _free_ports(3)
    watched = json.dumps([f"{targets}t/{number}" for number in range(1, count + 1)])
    texts = {
        "blackbox.yml": BLACKBOX,
        "alertmanager.yml": ALERTMANAGER.format(receiver=receiver),
        "rules.yml": RULES,
        "prometheus.yml": PROMETHEUS.format(
            folder=folder, alertmanager=alertmanager, blackbox=blackbox, targets=watched
        ),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")

    def line(name: str, own: str, port: int, *more: str) -> list[str]:
        listen = f"--web.listen-address=127.0.0.1:{port}"
        return [name, f"--config.file={folder}/{own}.yml", listen, "--log.level=warn", *more]

    storage = f"--storage.path={folder}/alertmanager"
    return [
        line("prometheus-blackbox-exporter", "blackbox", blackbox),
        line("prometheus-alertmanager", "alertmanager", alertmanager, storage, "--cluster.listen-address="),
        line("prometheus", "prometheus", prometheus, f"--storage.tsdb.path={folder}/tsdb"),
    ], f"http://127.0.0.1:{prometheus}"


def probes_kept(prometheus: str, begin: float, seconds: int) -> int:
    """Samples of `probe_success` that Prometheus has for the window; `begin` in Unix seconds."""
    query = quote(f"sum(count_over_time(probe_success[{seconds}s]))")
    opener = build_opener(ProxyHandler({}))
    with opener.open(f"{prometheus}/api/v1/query?query={query}&time={begin + seconds:.3f}", timeout=10) as response:
        result = json.load(response)["data"]["result"]
    return int(result[0]["value"][1]) if result else 0
