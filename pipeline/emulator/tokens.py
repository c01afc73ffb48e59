"""Who may ask: the fixed access token, and the short-lived ones bought with client credentials."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b

LIFETIME = timedelta(hours=1)


@dataclass(frozen=True)
class Credentials:
    """What one merchant account signs in with; the defaults are the demo's."""

    token: str = "sk-demo-token"
    client_id: str = "demo-client"
    client_secret: str = "demo-secret"


@dataclass
class Tokens:
    """Every token handed out, and when it ends (never, for the fixed one)."""

    credentials: Credentials
    _expiry: dict[str, datetime | None] = field(default_factory=dict)
    _issued: int = 0

    def __post_init__(self) -> None:
        self._expiry[self.credentials.token] = None

    def issue(self, client_id: str, client_secret: str, now: datetime) -> str | None:
        if (client_id, client_secret) != (self.credentials.client_id, self.credentials.client_secret):
            return None
        self._issued += 1
        token = "sk-" + blake2b(f"{client_secret}/{self._issued}".encode(), digest_size=20).hexdigest()
        self._expiry[token] = now + LIFETIME
        return token

    def knows(self, token: str) -> bool:
        return token in self._expiry

    def accepts(self, token: str, now: datetime) -> bool:
        if token not in self._expiry:
            return False
        expiry = self._expiry[token]
        return expiry is None or now < expiry

    def revoke(self, token: str | None) -> int:
        """Forget one token, or with None all of them, the fixed one too; say how many."""
        gone = list(self._expiry) if token is None else [token] * (token in self._expiry)
        for one in gone:
            del self._expiry[one]
        return len(gone)
