"""What filters compare with, for tests that try each filter of the table."""

from datetime import date
from uuid import UUID

from rentomatic.domain.kinds import Address, Date, Degrees, Identity, Integer, Text

# A new kind of value needs a line here.
OPERANDS: dict[type, object] = {
    Identity: UUID("f853578c-fc0f-4e65-81b8-566c5dffa35a"),
    Integer: 60,
    Degrees: 60,
    Text: "loft",
    Address: "https://example.com/60",
    Date: date(2026, 9, 1),
}
