"""Asking a watched service over HTTP, so that a probe has neither sockets nor retries nor credentials in sight."""

from spy.http.answer import Answer
from spy.http.client import Http
from spy.http.tokens import ClientCredentials, FileToken, Tokens

__all__ = ["Answer", "ClientCredentials", "FileToken", "Http", "Tokens"]
