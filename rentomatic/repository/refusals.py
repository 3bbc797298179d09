"""Driver errors in one line, and which of them are lasting."""

import re
from collections.abc import Mapping

import psycopg

from rentomatic.repository.errors import (
    RepositoryStandbyError,
    RepositoryUnavailableError,
    RepositoryUnfitError,
)
from rentomatic.repository.standby import NO_WRITES

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

# What libpq says if target_session_attrs wants another server, and PostgreSQL about a write.
_READ_ONLY = re.compile(
    r"session is read-only|server is in hot standby mode|in a read-only transaction|during recovery"
)
_EACH = re.compile(r"Multiple connection attempts failed\.[^:]*:|- host: [^:]*: [^:]*: [^:]*:")
_PREFIX = re.compile(r"^connection (failed|is bad): connection to server .*? failed: ")


def reason_of(error: psycopg.Error) -> str:
    """Return a driver error in one line, without the URL, which libpq quotes if it is invalid.

    It may name host, database and user, but never a password.
    """
    return re.sub(r',? in URI.*|"[^"]*://.*', "", " ".join(str(error).split()))


def refusal_of(error: psycopg.Error) -> RepositoryUnavailableError:
    """Return the repository's error for a failed connection, with the remedy if it is lasting."""
    reason = reason_of(error)
    # A host name may have several addresses, each with its own reason.
    for each in _EACH.split(reason):
        if _READ_ONLY.search(each):
            return RepositoryStandbyError(NO_WRITES)
        for pattern, remedy in _LASTING:
            if re.search(pattern, each):
                # Clients must not learn the server's address.
                refusal = re.sub(r"^.*?(FATAL|ERROR): +", "", each).strip()
                return RepositoryUnfitError(
                    f"the database refuses the service: {refusal}; {remedy}"
                )
    return RepositoryUnavailableError(reason)


def refusal_by_all(
    refusals: Mapping[str, RepositoryUnavailableError], servers: int
) -> RepositoryUnavailableError:
    """Summarize why none of the servers of a URL can be used, as far as that is known.

    Clients may see the text if it is not about a moment, so it has no addresses then.

    Args:
        refusals: why a server cannot be used, by its address.
        servers: how many there are.
    """
    if servers == 1 and refusals:
        (refusal,) = refusals.values()
        return type(refusal)(str(refusal))
    lasting = {str(each) for each in refusals.values() if isinstance(each, RepositoryUnfitError)}
    standbys = sum(isinstance(each, RepositoryStandbyError) for each in refusals.values())
    if standbys:
        found = f"no primary among the {servers} servers in DATABASE_URL"
        reasons = [f"{found} (standbys that answer: {standbys}); promote one", *sorted(lasting)]
        return RepositoryStandbyError("; ".join(reasons))
    if lasting and all(isinstance(each, RepositoryUnfitError) for each in refusals.values()):
        return RepositoryUnfitError("; ".join(sorted(lasting)))
    reasons = [
        f"{address}: {_PREFIX.sub('', str(refusal))}" for address, refusal in refusals.items()
    ]
    return RepositoryUnavailableError("; ".join(reasons) or "no server answers")
