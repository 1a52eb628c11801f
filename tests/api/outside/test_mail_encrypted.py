"""Mail to a server that wants encryption and a password, as real ones do."""

import asyncio
import ipaddress
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from api.kernel.outside.failures import TemporaryFailure
from api.kernel.outside.mail import Mail, Mailer, MailSettings

MAIL = Mail(
    to="ann@example.com",
    subject="Hello",
    text="Hello",
    message_id=UUID("0199a0b0-0000-7000-8000-000000000001"),
)


class Mailbox(Message):
    """Keeps the subjects it received."""

    def __init__(self) -> None:
        super().__init__()
        self.subjects: list[str] = []

    def handle_message(self, message: object) -> None:
        self.subjects.append(str(message["Subject"]))  # type: ignore[index]


@dataclass(frozen=True)
class Server:
    port: int
    mailbox: Mailbox


def certificate(folder: Path) -> Path:
    """A self-signed certificate of 127.0.0.1 and its key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail test")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + built.public_bytes(serialization.Encoding.PEM)
    )
    return file


def login(_server: object, _session: object, _envelope: object, _kind: str, data: object) -> object:
    right = LoginPassword(b"squad@example.com", b"p@ss:word")
    return AuthResult(success=data == right, handled=False)


@pytest.fixture
def pem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A certificate that this process trusts, as it would trust a real server's."""
    file = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return file


@pytest.fixture(params=["smtp+starttls", "smtps"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(pem: Path, scheme: str, unused_port: int) -> Iterator[Server]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    mailbox = Mailbox()
    encrypted_at_once = scheme == "smtps"
    controller = Controller(
        mailbox,
        hostname="127.0.0.1",
        port=unused_port,
        ssl_context=context if encrypted_at_once else None,
        tls_context=None if encrypted_at_once else context,
        require_starttls=not encrypted_at_once,
        authenticator=login,
        # aiosmtpd counts only STARTTLS as encryption, and warns of a password without it.
        auth_required=not encrypted_at_once,
        auth_require_tls=not encrypted_at_once,
    )
    controller.start()
    yield Server(unused_port, mailbox)
    controller.stop()


def configured(scheme: str, port: int, user: str) -> MailSettings:
    return MailSettings(
        smtp_url=SecretStr(f"{scheme}://{user}@127.0.0.1:{port}"),
        mail_from="support@example.com",
        smtp_timeout_seconds=30,
    )


async def test_mail_goes_encrypted_with_a_percent_encoded_password(
    server: Server, scheme: str
) -> None:
    right = "squad%40example.com:p%40ss%3Aword"
    async with Mailer(configured(scheme, server.port, right)) as mailer:
        await mailer.send(MAIL)
    assert server.mailbox.subjects == ["Hello"]


async def test_a_wrong_password_keeps_the_mail_for_later(server: Server, scheme: str) -> None:
    async with Mailer(configured(scheme, server.port, "squad:wrong")) as mailer:
        with pytest.raises(TemporaryFailure, match=r"^535: "):
            await mailer.send(MAIL)
    assert server.mailbox.subjects == []


async def test_a_server_nobody_vouches_for_gets_no_mail(
    server: Server, scheme: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trusted = tmp_path / "other"
    await asyncio.to_thread(trusted.mkdir)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate(trusted)))
    async with Mailer(configured(scheme, server.port, "squad:secret")) as mailer:
        with pytest.raises(TemporaryFailure, match=r"^no_answer: "):
            await mailer.send(MAIL)
    assert server.mailbox.subjects == []
