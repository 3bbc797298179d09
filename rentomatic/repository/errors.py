"""What repositories raise when they cannot do what is asked."""


class RepositoryUnavailableError(Exception):
    """The store cannot answer now: away, overloaded, or not migrated. Its text is for logs."""


class RepositoryUnfitError(RepositoryUnavailableError):
    """The store is misconfigured; retrying does not help.

    Its text names the cause and what would be right, without secrets.
    """


class RepositoryTimeoutError(RepositoryUnavailableError):
    """The store cancelled a request that took too long; a smaller one may succeed."""


class RepositoryBusyError(RepositoryUnavailableError):
    """Too many slow searches are in progress."""


class RepositoryWritesError(RepositoryUnavailableError):
    """Too many writes are in progress, or wait for the store to confirm them."""


class RepositoryUncertainError(RepositoryUnavailableError):
    """The store has not confirmed a write, which it may have made."""


class RepositoryStandbyError(RepositoryUnavailableError):
    """The store is a standby, or read-only, and cannot serve this request; the primary can.

    Its text says what would be right, without secrets.
    """


class CommitInterruptedError(KeyboardInterrupt):
    """Ctrl-C arrived during a commit: the write may have been made."""


class ChangesGoneError(Exception):
    """Changes after a position were removed, or the position belongs to another store."""


class KeyReusedError(Exception):
    """A key was already used for another request."""


class UploadGoneError(Exception):
    """A file is not kept: it has expired, was removed, or belongs to someone else."""
