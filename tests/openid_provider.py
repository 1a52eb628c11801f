"""A real OpenID provider over HTTP: `oidc-provider-mock` in a process of its own.

It knows nothing of PKCE, so a layer before it insists on it, and makes the provider misbehave as
a test asks. Run as `python -m tests.openid_provider PORT [SECONDS A TOKEN LIVES]`.
"""

import base64
import hashlib
import io
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import httpx

from orchestration.local.ports import free_port

CLIENT_ID = "sysops-squad"
SECRET = "the secret of this client"

Environ = dict[str, Any]
Respond = Callable[..., Any]


@dataclass(frozen=True)
class Provider:
    """A running provider, as a test and a person's browser reach it."""

    issuer: str
    http: httpx.Client

    def settings(self, *redirect_urls: str) -> dict[str, str]:
        """The environment of an API process whose people sign in here."""
        return {
            "SQUAD_OIDC_ISSUER": self.issuer,
            "SQUAD_OIDC_CLIENT_ID": CLIENT_ID,
            "SQUAD_OIDC_CLIENT_SECRET": SECRET,
            "SQUAD_OIDC_REDIRECT_URLS": " ".join(redirect_urls),
        }

    def knows(self, subject: str, **claims: Any) -> None:
        """Somebody has an account there."""
        answer = self.http.put(f"/users/{quote(subject, safe='')}", json=claims)
        assert answer.status_code == 204, answer.text

    def behave(self, how: str = "", **more: Any) -> None:
        """From now on it does one thing wrong, or nothing."""
        assert self.http.post("/behave", json={"how": how, **more}).status_code == 204

    def sign_in(self, authorization_url: str, subject: str) -> dict[str, str]:
        """What a browser brings back after somebody has signed in there."""
        answer = self.http.post(authorization_url, data={"sub": subject})
        assert answer.status_code == 302, answer.text
        parts = parse_qs(urlsplit(answer.headers["location"]).query)
        return {name: values[0] for name, values in parts.items()}


@contextmanager
def running(port: int | None = None, token_seconds: int = 3600) -> Iterator[Provider]:
    """A provider in a process of its own; with a port of before it is the same one anew."""
    port = port or free_port()
    command = [sys.executable, "-m", "tests.openid_provider", str(port), str(token_seconds)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    issuer = f"http://127.0.0.1:{port}"
    try:
        with httpx.Client(base_url=issuer, trust_env=False, timeout=20) as client:
            _wait(process, client)
            yield Provider(issuer, client)
    finally:
        process.terminate()
        process.wait(30)


def _wait(process: "subprocess.Popen[bytes]", client: httpx.Client) -> None:
    for _ in range(600):
        assert process.poll() is None
        try:
            client.get("/.well-known/openid-configuration")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the provider did not start")


class Strict:
    """Insists on PKCE (RFC 7636) with S256, and does the one thing wrong that was asked for."""

    def __init__(self, app: Callable[[Environ, Respond], Iterable[bytes]]) -> None:
        self._app = app
        self._wrong: dict[str, Any] = {"how": ""}
        self._challenges: dict[str, str] = {}

    def __call__(self, environ: Environ, respond: Respond) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/behave":
            self._wrong = json.loads(_body(environ))
            respond("204 No Content", [])
            return []
        if environ["PATH_INFO"] == "/oauth2/authorize" and environ["REQUEST_METHOD"] == "POST":
            return self._authorize(environ, respond)
        if environ["PATH_INFO"] == "/oauth2/token":
            return self._token(environ, respond)
        if environ["PATH_INFO"] == "/.well-known/openid-configuration" and self._is("impostor"):
            environ["HTTP_HOST"] = "impostor.example"
        return self._app(environ, respond)

    def _is(self, how: str) -> bool:
        return bool(self._wrong["how"] == how)

    def _authorize(self, environ: Environ, respond: Respond) -> Iterable[bytes]:
        asked = {name: it[0] for name, it in parse_qs(environ["QUERY_STRING"]).items()}
        if asked.get("code_challenge_method") != "S256" or not asked.get("nonce"):
            return _refuse(respond, "invalid_request")
        challenge = asked["code_challenge"]
        if self._is("another audience"):
            environ["QUERY_STRING"] = urlencode(asked | {"client_id": "another-client"})

        def remember(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            location = dict(headers).get("Location", "")
            for code in parse_qs(urlsplit(location).query).get("code", []):
                self._challenges[code] = challenge
            return respond(status, headers, *more)

        return self._app(environ, remember)

    def _token(self, environ: Environ, respond: Respond) -> Iterable[bytes]:
        if self._is("failing"):
            respond("502 Bad Gateway", [("Content-Type", "text/html")])
            return [b"<h1>Bad Gateway</h1>"]
        if self._is("does not know us"):
            return _refuse(respond, "invalid_client")
        form = {name: it[0] for name, it in parse_qs(_body(environ).decode()).items()}
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proof = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        known = self._challenges.get(form.get("code", ""))
        if proof != known and not self._is("without PKCE"):
            return _refuse(respond, "invalid_grant")
        if self._is("another audience"):
            other = base64.b64encode(f"another-client:{SECRET}".encode()).decode()
            environ["HTTP_AUTHORIZATION"] = f"Basic {other}"
        if self._is("another issuer"):
            environ["HTTP_HOST"] = environ["HTTP_HOST"].replace("127.0.0.1", "localhost")
        answer = list(self._app(environ, respond))
        if self._is("tells at its user info"):
            self._tell_later()
        return answer

    def _tell_later(self) -> None:
        """After the token is made the provider comes to know more of the person."""
        body = json.dumps(self._wrong["claims"]).encode()
        environ = {
            "REQUEST_METHOD": "PUT",
            "PATH_INFO": f"/users/{self._wrong['subject']}",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
            "wsgi.url_scheme": "http",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "wsgi.errors": sys.stderr,
        }
        list(self._app(environ, lambda *_: None))


def _body(environ: Environ) -> bytes:
    """The request's body, which can be read again."""
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _refuse(respond: Respond, error: str) -> Iterable[bytes]:
    respond("400 Bad Request", [("Content-Type", "application/json")])
    return [json.dumps({"error": error}).encode()]


def main(port: int, token_seconds: int) -> None:
    from oidc_provider_mock import app
    from werkzeug.serving import run_simple

    provider = app(access_token_max_age=timedelta(seconds=token_seconds), require_nonce=True)
    run_simple("127.0.0.1", port, Strict(provider), threaded=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
