"""Canaille as a process of its own: `python serve.py PORT < what.json`, run with the environment of requirements.lock.

what.json: {"client": {"id", "secret", "redirect_uris"}, "people": {name: [group, ...]}, "password"}. Prints "ready".
"""

from __future__ import annotations

import json
import os
import sys
import uuid
import wsgiref.simple_server
from typing import Any

# Between Canaille and its Authlib: this provider has no TLS, and is on this machine only.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from flask import request
from joserfc.jwk import JWKRegistry


class Quiet(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


def configuration(port: int) -> dict[str, Any]:
    key = JWKRegistry.generate_key("RSA", 2048)
    key.ensure_kid()
    quiet = {"version": 1, "disable_existing_loggers": True}
    return {
        "TESTING": True,
        "SECRET_KEY": str(uuid.uuid4()),
        "WTF_CSRF_ENABLED": False,
        "PREFERRED_URL_SCHEME": "http",
        "SERVER_NAME": f"localhost:{port}",
        "CANAILLE": {
            "DATABASE": "memory",
            "JAVASCRIPT": False,
            "ACL": {"DEFAULT": {"PERMISSIONS": ["use_oidc"]}},
            "LOGGING": quiet,
        },
        "CANAILLE_OIDC": {"ACTIVE_JWKS": [key.as_dict(private=True)]},
    }


def fill(backend: Any, wanted: dict[str, Any]) -> None:
    client = models.Client(
        client_id=wanted["client"]["id"],
        client_secret=wanted["client"]["secret"],
        client_name="spy",
        redirect_uris=wanted["client"]["redirect_uris"],
        grant_types=["authorization_code"],
        response_types=["code"],
        scope=["openid", "profile", "email", "groups"],
        token_endpoint_auth_method="client_secret_basic",
    )
    backend.save(client)
    client.audience = [client]
    backend.save(client)
    members: dict[str, list[Any]] = {}
    for name, groups in wanted["people"].items():
        mail = [f"{name}@example.invalid"]
        user = models.User(
            user_name=name, formatted_name=name, family_name=name, emails=mail, password=wanted["password"]
        )
        backend.save(user)
        for group in groups:
            members.setdefault(group, []).append(user)
    for group, people in members.items():
        backend.save(models.Group(display_name=group, members=people))


def forget_open_codes(backend: Any) -> None:
    """Canaille's memory finds a code by its text *or* by its client: a login that nobody ended would spoil the next."""
    if request.path == "/oauth/authorize":
        for code in backend.query(models.AuthorizationCode):
            backend.delete(code)


def main() -> None:
    port = int(sys.argv[1])
    app = create_app(config=configuration(port), env_file=None)
    backend = Backend.instance
    app.before_request(lambda: forget_open_codes(backend))
    with app.app_context():
        fill(backend, json.load(sys.stdin))
    server = wsgiref.simple_server.make_server("127.0.0.1", port, app, handler_class=Quiet)
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
