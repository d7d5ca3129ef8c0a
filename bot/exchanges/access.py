"""How one venue is reached: which roots, which keys. What the venue is like belongs to `profiles`."""

from dataclasses import dataclass, field

from bot.exchanges.profiles import VenueProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueAccess:
    """A way to a venue.

    Attributes:
        is_testnet: The venue's own test net (test money), where no root is given.
        rest_url, stream_url, private_stream_url: Stand in for the venue's roots: a local server, a regional host; plain
            http:// and ws:// are taken. No slash at the end.
        api_key, api_secret: None for market data only.
    """

    profile: VenueProfile
    is_testnet: bool = False
    rest_url: str | None = None
    stream_url: str | None = None
    private_stream_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    api_secret: str | None = field(default=None, repr=False)

    @property
    def has_keys(self) -> bool:
        """True when private calls can be signed."""
        return bool(self.api_key and self.api_secret)

    @property
    def public_stream_root(self) -> str:
        """Where prices are streamed from, without a slash at the end."""
        own = self.profile.testnet_stream_url if self.is_testnet else self.profile.stream_url
        return (self.stream_url or own).rstrip("/")

    @property
    def private_stream_root(self) -> str:
        """Where the account's own news is streamed from, without a slash at the end."""
        own = self.profile.testnet_private_stream_url if self.is_testnet else self.profile.private_stream_url
        return (self.private_stream_url or self.stream_url or own).rstrip("/")
