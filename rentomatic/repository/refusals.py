"""Driver errors in one line, and which of them are lasting."""

import re

import psycopg

from rentomatic.repository.interface import RepositoryUnavailableError, RepositoryUnfitError

_URL = "DATABASE_URL or the POSTGRES_ group"

# What a server or a pooler says when it refuses a connection, in English, and the remedy; libpq has
# no SQLSTATE for these errors.
_LASTING = (
    (
        r"(password|SASL) authentication failed|no password (supplied|given)",
        f"correct the role and password in {_URL}",
    ),
    (
        r'role ".*" does not exist|no such user',
        f"create the role (create role NAME login), or correct it in {_URL}",
    ),
    (r"is not permitted to log in", "allow it: alter role NAME login"),
    (
        r"(Peer|Ident|Certificate|LDAP|RADIUS|PAM|GSSAPI) authentication failed",
        f"correct the role in {_URL}, or allow it in pg_hba.conf",
    ),
    (
        r"no pg_hba\.conf entry|pg_hba\.conf rejects",
        "allow this host, role and database in pg_hba.conf, or add ?sslmode=require to the URL",
    ),
    (
        r'database ".*" does not exist|no such database',
        f"run: rentomatic init-postgres, or correct the database in {_URL}",
    ),
    (
        r"permission denied for database|permission denied to create database",
        "ask an administrator to create the database for the role, or to grant it connect",
    ),
    (
        r"unsupported startup parameter",
        'see "A pooler" in ops/README.md for the settings that PgBouncer and the role need',
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
    """Return a driver error in one line, without the URL, which libpq quotes if it is invalid.

    It may name host, database and user, but never a password.
    """
    return re.sub(r',? in URI.*|"[^"]*://.*', "", " ".join(str(error).split()))


def refusal_of(error: psycopg.Error) -> RepositoryUnavailableError:
    """Return the repository's error for a failed connection, with the remedy if it is lasting."""
    reason = reason_of(error)
    for pattern, remedy in _LASTING:
        if re.search(pattern, reason):
            # Clients must not learn the server's address.
            refusal = re.sub(r"^.*?(FATAL|ERROR): +", "", reason)
            return RepositoryUnfitError(f"the database refuses the service: {refusal}; {remedy}")
    return RepositoryUnavailableError(reason)
