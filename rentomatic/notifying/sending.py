"""Sends a message to its webhook, signed by the Standard Webhooks specification."""

import logging
import ssl
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from standardwebhooks import Webhook

from rentomatic import __version__
from rentomatic.notifying.pinned import Reply, UnreachableError, post
from rentomatic.notifying.schedule import delay_after, is_given_up, read_retry_after
from rentomatic.reachable import Reachable
from rentomatic.repository.postgresnotifications import Delivery, Result
from rentomatic.sealing import Sealer, UnsealError

logger = logging.getLogger(__name__)

GONE = "the receiver answered 410, which asks for no more messages"
GAVE_UP = "all attempts have failed for three days; the last one: "

# The outcomes of attempts, for the metrics.
DELIVERED, REFUSED, UNREACHABLE, DISABLED = "delivered", "refused", "unreachable", "disabled"


class Sender:
    """Sends messages; safe to share between threads.

    Args:
        sealer: decrypts the secrets.
        reachable: the addresses that may be reached.
    """

    def __init__(self, sealer: Sealer, reachable: Reachable) -> None:
        self._sealer = sealer
        self._reachable = reachable
        self._tls = ssl.create_default_context()

    def send(self, delivery: Delivery) -> Result:
        """Send a message once; return what came of it, whatever that is."""
        try:
            return _judge(delivery, self._attempt(delivery))
        except (UnreachableError, UnsealError) as reason:
            return _failed(delivery, UNREACHABLE, str(reason))
        except Exception:
            # The last resort: a bug must not stop the others.
            logger.exception("search %s: sending failed", delivery.search)
            return _failed(delivery, UNREACHABLE, "sending failed; the log says why")

    def _attempt(self, delivery: Delivery) -> Reply:
        signer = Webhook(self._sealer.unseal(delivery.secret))
        now = datetime.now(UTC)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"Rent-o-Matic/{__version__}",
            "webhook-id": delivery.message,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signer.sign(delivery.message, now, delivery.body),
        }
        body = delivery.body.encode()
        return post(delivery.webhook, headers, body, self._reachable, self._tls)


def _judge(delivery: Delivery, reply: Reply) -> Result:
    """Return what an answer means."""
    status = reply.status
    if status == HTTPStatus.GONE:
        return Result(delivery, DISABLED, "it answered 410", disabled_reason=GONE)
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Result(delivery, DELIVERED)
    is_redirect = HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST
    hint = ", a redirect, which is not followed" if is_redirect else ""
    least = read_retry_after(reply.retry_after, datetime.now(UTC))
    return _failed(delivery, REFUSED, f"it answered {status}{hint}", least)


def _failed(
    delivery: Delivery, outcome: str, failure: str, least: timedelta = timedelta()
) -> Result:
    if is_given_up(delivery, datetime.now(UTC)):
        return Result(delivery, DISABLED, failure, disabled_reason=f"{GAVE_UP}{failure}")
    return Result(delivery, outcome, failure, delay_after(delivery.attempts, least))
