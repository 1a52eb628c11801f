"""Which process gets which addresses, roles and keys: the least that it needs, nothing else."""

import json
from collections.abc import Mapping
from pathlib import Path

from orchestration.local import keys
from orchestration.local.code_roles import CODE_ROLES
from orchestration.local.dagster_home import STORAGE_VARIABLE, dagster_home
from orchestration.local.databases import role_url
from orchestration.local.errors import LocalError
from orchestration.local.instance import Instance
from orchestration.local.observing import observed, traces
from orchestration.local.secrets import SecretStore

API_PORTS = {"customer": 8001, "sysops": 8002, "billing": 8003, "analytics": 8004}
SANDBOX_PORT = 8025
WEBSERVER_PORT = 3000
DASHBOARDS_PORT = 8501
SMTP_PORT = 1025

SMS_USER = "SQUAD_SMS_USER"
"""Handed on when the operator's shell has it: the name of an API key."""

ROADS = "SQUAD_ROADS_URL"
DECISIONS = "SQUAD_ASSIGNMENT_DECISIONS_DAYS"
"""Handed on when the operator's shell has it: OSRM's table service."""
CARDS = "SQUAD_CARD_RETENTION_DAYS"
PAUSED = "SQUAD_BILLING_CHARGES_PAUSED"

KEK_PARTS = ("SQUAD_VAULT_KEK_PART_1", "SQUAD_VAULT_KEK_PART_2")
KEK_FILES = " and ".join(f"{name}_FILE" for name in KEK_PARTS)

# Issuers of access tokens (api.kernel.auth): customers at customer, staff at sysops.
CUSTOMERS = "customer"
STAFF = "sysops"

# Source, target, and the role on each side.
RELAYS = (
    ("customer", "sysops", "customer_to_sysops", "sysops_from_customer"),
    ("sysops", "customer", "sysops_to_customer", "customer_from_sysops"),
    ("customer", "billing", "customer_to_billing", "billing_intake"),
    ("billing", "customer", "billing_to_customer", "customer_from_billing"),
    ("customer", "analytics", "customer_to_analytics", "analytics_from_customer"),
    ("sysops", "billing", "sysops_to_billing", "billing_from_sysops"),
    ("billing", "sysops", "billing_to_sysops", "sysops_from_billing"),
    ("customer", "customer", "customer_notifier", "customer_notifier"),
    ("sysops", "sysops", "sysops_notifier", "sysops_notifier"),
)

# One machine is a demo: its jobs run every minute, so that nobody waits to see what they do.
SCHEDULES = {
    "SQUAD_ASSIGNMENT_CRON": "* * * * *",
    "SQUAD_RECONCILIATION_CRON": "* * * * *",
    "SQUAD_WAREHOUSE_CRON": "* * * * *",
    "SQUAD_BILLING_FOLLOW_UP_CRON": "* * * * *",
}


def api(instance: Instance, quantum: str) -> dict[str, str]:
    """The process that serves one quantum."""
    store = SecretStore(instance.secrets)
    own = {
        "SQUAD_DATABASE_URL": role_url(instance, quantum, f"{quantum}_api"),
        "SQUAD_PORT": str(instance.port(API_PORTS[quantum])),
    }
    own |= identity_provider(instance, quantum) | observed(instance)
    staff = {"SQUAD_STAFF_PUBLIC_KEY": keys.public_key(store, STAFF)}
    customers = {"SQUAD_CUSTOMER_PUBLIC_KEY": keys.public_key(store, CUSTOMERS)}
    if quantum == "customer":
        own |= sms_calls(instance) | public_address(instance)
        return (
            own
            | staff
            | customers
            | {
                "SQUAD_SIGNING_KEY": keys.signing_key(store, CUSTOMERS),
                "SQUAD_VAULT_BOX_PUBLIC_KEY": keys.box_public_key(store),
                "SQUAD_SURVEY_KEY": keys.survey_key(store),
            }
        )
    if quantum == "sysops":
        signing = {"SQUAD_SIGNING_KEY": keys.signing_key(store, STAFF)}
        own |= sms_calls(instance) | public_address(instance) | staff_base(instance)
        return own | staff | customers | signing
    if quantum == "analytics":
        return own | staff | warehouse(instance)
    return own | staff | payment_reports(instance)


def identity_provider(instance: Instance, quantum: str) -> dict[str, str]:
    """The OpenID provider of customers, or of staff, if the operator's shell names one."""
    whose = {"customer": "CUSTOMER", "sysops": "STAFF"}.get(quantum)
    names = ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "REDIRECT_URLS") if whose else ()
    given = {
        f"SQUAD_OIDC_{name}": instance.setting(f"SQUAD_{whose}_OIDC_{name}", "") for name in names
    }
    return {name: value for name, value in given.items() if value}


def relay(instance: Instance, pair: tuple[str, str, str, str]) -> dict[str, str]:
    """The process that carries messages from one quantum to another, or out of one."""
    source, target, source_role, target_role = pair
    store = SecretStore(instance.secrets)
    own = {
        "SQUAD_SOURCE_URL": role_url(instance, source, source_role),
        "SQUAD_TARGET_URL": role_url(instance, target, target_role),
        "SQUAD_HEARTBEAT_FILE": str(instance.heartbeat(f"relay-{source}-{target}")),
        **observed(instance),
    }
    if (source, target) == ("customer", "billing"):
        return own | {
            **vault_key(instance),
            "SQUAD_VAULT_BOX_KEYS": keys.box_keys(store),
        }
    if source != target:
        return own
    if source == "customer":
        own |= {"SQUAD_SURVEY_KEY": keys.survey_key(store)} | public_address(instance)
        return own | mail_and_sms(instance, customers_number(instance))
    pages = f"http://127.0.0.1:{instance.port(DASHBOARDS_PORT)}"
    own |= _or_given(instance, {"SQUAD_DASHBOARDS_URL": pages})
    return own | staff_base(instance) | mail_and_sms(instance, staff_number(instance))


def vault_key(instance: Instance) -> dict[str, str]:
    """The key that wraps the vault's keys: made here, or the files of its two custodians.

    Raises LocalError for parts in the operator's shell: what a platform was started with is
    written down, and both parts would be in one place.
    """
    shell = [name for name in KEK_PARTS if instance.settings.get(name)]
    if shell:
        raise LocalError(f"Put {' and '.join(shell)} into files, and name them: {KEK_FILES}.")
    files = {f"{name}_FILE": instance.setting(f"{name}_FILE", "") for name in KEK_PARTS}
    if all(files.values()):
        return files
    if any(files.values()):
        raise LocalError(f"The key-encryption key has two parts: set {KEK_FILES}, or neither.")
    return {"SQUAD_VAULT_KEK": keys.key_encryption_key(SecretStore(instance.secrets))}


def public_address(instance: Instance) -> dict[str, str]:
    """Where people, and the SMS provider, reach the customer API: links begin with it."""
    here = f"http://127.0.0.1:{instance.port(API_PORTS['customer'])}"
    return _or_given(instance, {"SQUAD_PUBLIC_BASE_URL": here})


def code_location(instance: Instance, location: str) -> dict[str, str]:
    """The scheduled jobs of one code location; only billing holds the vault's key."""
    own = dagster(instance) | _or_given(instance, SCHEDULES) | traces(instance)
    own |= {
        variable: role_url(instance, database, role)
        for variable, (database, role) in CODE_ROLES[location].items()
    }
    if location == "billing":
        # What the demo world was paid before its first day, the sandbox has never heard of.
        earlier = {"SQUAD_PROVIDER_OTHER_ACCOUNTS": json.dumps(["ch_demo_"])}
        own |= _chosen(instance, PAUSED)
        return own | payments(instance) | earlier | vault_key(instance)
    if location == "operations":
        logs = {
            "SQUAD_LOG_FOLDER": str(instance.log),
            "SQUAD_DAGSTER_FOLDER": str(dagster_home(instance)),
        }
        return own | evidence(instance) | _chosen(instance, DECISIONS, CARDS) | logs
    if location == "analytics":
        return own | warehouse(instance) | {"SQUAD_DBT_DIR": str(instance.var / "dbt")}
    return own


def dagster(instance: Instance) -> dict[str, str]:
    """Every process of Dagster."""
    return {
        "DAGSTER_HOME": str(dagster_home(instance)),
        # A bare postgresql:// would mean psycopg 3, which dagster-postgres does not know.
        STORAGE_VARIABLE: role_url(instance, "dagster", "dagster", "postgresql+psycopg2"),
    }


def sandbox(instance: Instance) -> dict[str, str]:
    """The outside world in small."""
    return {
        "SQUAD_SANDBOX_PORT": str(instance.port(SANDBOX_PORT)),
        "SQUAD_SANDBOX_SMTP_PORT": str(instance.port(SMTP_PORT)),
        "SQUAD_SANDBOX_DATA": str(instance.var / "sandbox" / "sandbox.sqlite3"),
        "SQUAD_SANDBOX_REPLY_URLS": json.dumps(
            {
                staff_number(instance): _replies(staff_base(instance), "sysops"),
                customers_number(instance): _replies(public_address(instance), "customer"),
            }
        ),
        "SQUAD_SANDBOX_DISPUTE_URL": (
            f"http://127.0.0.1:{instance.port(API_PORTS['billing'])}/billing/chargebacks/reports"
        ),
        **sms_calls(instance),
        **payment_reports(instance),
    }


def _replies(base: Mapping[str, str], quantum: str) -> str:
    (address,) = base.values()
    return f"{address.rstrip('/')}/{quantum}/notifications/replies"


def dashboards(instance: Instance) -> dict[str, str]:
    """The managers' pages: they log in at the API, read the published snapshots, and ask the APIs
    about a single ticket with the reader's own token.
    """
    return warehouse(instance) | {
        "SQUAD_CUSTOMER_API_URL": f"http://127.0.0.1:{instance.port(API_PORTS['customer'])}",
        "SQUAD_BILLING_API_URL": f"http://127.0.0.1:{instance.port(API_PORTS['billing'])}",
        "SQUAD_SYSOPS_API_URL": f"http://127.0.0.1:{instance.port(API_PORTS['sysops'])}",
        "SQUAD_STAFF_PUBLIC_KEY": keys.public_key(SecretStore(instance.secrets), STAFF),
        "SQUAD_DAGSTER_WEB_URL": f"http://127.0.0.1:{instance.port(WEBSERVER_PORT)}",
        "SQUAD_OIDC_REDIRECT_URL": instance.setting("SQUAD_DASHBOARDS_OIDC_REDIRECT_URL", ""),
    }


def warehouse(instance: Instance) -> dict[str, str]:
    """Where the published versions are."""
    return {"SQUAD_WAREHOUSE_DIR": str(instance.var / "warehouse")}


def evidence(instance: Instance) -> dict[str, str]:
    """Where the inputs of assignment runs are kept, and the operator's road service, if any."""
    return {"SQUAD_EVIDENCE_FOLDER": str(evidence_folder(instance))} | _chosen(instance, ROADS)


def _chosen(instance: Instance, *names: str) -> dict[str, str]:
    """What the operator has set of these; the process has a default for what is not."""
    return {name: instance.settings[name] for name in names if name in instance.settings}


def evidence_folder(instance: Instance) -> Path:
    return instance.var / "evidence"


def staff_base(instance: Instance) -> dict[str, str]:
    """Where staff and the SMS provider reach the sysops API."""
    here = f"http://127.0.0.1:{instance.port(API_PORTS['sysops'])}"
    return _or_given(instance, {"SQUAD_STAFF_BASE_URL": here})


def customers_number(instance: Instance) -> str:
    """The number that customers are texted from, and text back to."""
    return instance.setting("SQUAD_SMS_FROM", "+12025550100")


def staff_number(instance: Instance) -> str:
    """That of staff: another one, so that each quantum hears its own replies."""
    default = instance.setting("SQUAD_SMS_FROM", "+12025550101")
    return instance.setting("SQUAD_STAFF_SMS_FROM", default)


def sms_calls(instance: Instance) -> dict[str, str]:
    """What the SMS provider signs its calls with. Without the operator's own it is a secret that
    nobody outside knows, so that a call from there is refused.
    """
    token = keys.sms_webhook_token(SecretStore(instance.secrets))
    return _or_given(instance, {"SQUAD_SMS_WEBHOOK_TOKEN": token})


def payment_reports(instance: Instance) -> dict[str, str]:
    """What the payment provider signs its reports with, as `sms_calls`."""
    secret = keys.payments_webhook_secret(SecretStore(instance.secrets))
    return _or_given(instance, {"SQUAD_PAYMENTS_WEBHOOK_SECRET": secret})


def mail_and_sms(instance: Instance, number: str) -> dict[str, str]:
    """To the sandbox, unless the operator's shell names real servers."""
    key = {name: instance.settings[name] for name in (SMS_USER,) if name in instance.settings}
    return {"SQUAD_SMS_FROM": number, **key} | _or_given(
        instance,
        {
            "SQUAD_SMTP_URL": f"smtp://127.0.0.1:{instance.port(SMTP_PORT)}",
            "SQUAD_MAIL_FROM": "Sysops Squad <support@sysops-squad.example>",
            "SQUAD_SMS_URL": f"http://127.0.0.1:{instance.port(SANDBOX_PORT)}",
            "SQUAD_SMS_ACCOUNT": "sandbox",
            "SQUAD_SMS_TOKEN": "sandbox",
        },
    )


def payments(instance: Instance) -> dict[str, str]:
    """To the sandbox, unless the operator's shell names a real provider."""
    return _or_given(
        instance,
        {
            "SQUAD_PAYMENTS_URL": f"http://127.0.0.1:{instance.port(SANDBOX_PORT)}/payments",
            "SQUAD_PAYMENTS_KEY": "sandbox",
        },
    )


def _or_given(instance: Instance, defaults: Mapping[str, str]) -> dict[str, str]:
    return {name: instance.setting(name, value) for name, value in defaults.items()}
