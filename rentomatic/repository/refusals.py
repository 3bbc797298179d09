"""Errors of the driver in one line, and those among them that time will not mend."""

import re

import psycopg

from rentomatic.repository.interface import RepositoryUnavailableError, RepositoryUnfitError

_URL = "DATABASE_URL or the POSTGRES_ group"

# What a server or a pooler says to who connects, in English, and what would mend it; an error of
# that kind has no SQLSTATE in libpq.
_LASTING = (
    (
        r"(password|SASL) authentication failed|no password (supplied|given)",
        f"correct role and password in {_URL}",
    ),
    (
        r'role ".*" does not exist|no such user',
        f"create the role (create role NAME login), or correct it in {_URL}",
    ),
    (r"is not permitted to log in", "allow it: alter role NAME login"),
    (
        r"(Peer|Ident|Certificate|LDAP|RADIUS|PAM|GSSAPI) authentication failed",
        f"correct the role in {_URL}, or let pg_hba.conf admit it",
    ),
    (
        r"no pg_hba\.conf entry|pg_hba\.conf rejects",
        "let pg_hba.conf admit this host, role and database, or add ?sslmode=require to the URL",
    ),
    (
        r'database ".*" does not exist|no such database',
        f"run: rentomatic init-postgres, or correct the database in {_URL}",
    ),
    (
        r"permission denied for database|permission denied to create database",
        "let an administrator create the database for the role, or grant it connect",
    ),
    (
        r"unsupported startup parameter",
        "ops/README.md, A pooler, has the settings that PgBouncer and the role need",
    ),
    (
        r"does not support SSL|root certificate file|certificate verify failed",
        "correct sslmode and its certificates in the URL or the PGSSL variables",
    ),
    (
        r"invalid \S+ value:|for connection option|definition of service|could not parse network",
        "correct it in DATABASE_URL, or in the PG variable of that name",
    ),
    (
        r"(unrecognized configuration|invalid value for) parameter|requires an? .* value",
        "correct the `options` of the URL, or PGTZ, PGDATESTYLE or PGGEQO",
    ),
)


def reason_of(error: psycopg.Error) -> str:
    """Give a driver's error in one line, without the URL that libpq quotes if it cannot read it.

    It names host, database and user otherwise, and never a password.
    """
    return re.sub(r',? in URI.*|"[^"]*://.*', "", " ".join(str(error).split()))


def refusal_of(error: psycopg.Error) -> RepositoryUnavailableError:
    """Give the error of a repository that could not connect: what would mend it, if not time."""
    reason = reason_of(error)
    for pattern, remedy in _LASTING:
        if re.search(pattern, reason):
            # Where the server is, is nobody else's business.
            told = re.sub(r"^.*?(FATAL|ERROR): +", "", reason)
            return RepositoryUnfitError(f"the database refuses the service: {told}; {remedy}")
    return RepositoryUnavailableError(reason)
