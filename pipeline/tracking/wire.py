"""What comes over the wire, made safe to keep: unpacked, bounded, and without the token."""

import ssl
import zlib
from urllib.parse import quote

import httpx

# Whole histories are a few kB; what is larger, packed or unpacked, is not one and is read no further.
MAX_BODY_BYTES = 8 * 2**20
# What is shorter is no secret, and would be found in any text.
_SECRET_LENGTH = 8
_KEPT_HEADERS = (
    "content-encoding",
    "content-type",
    "date",
    "location",
    "retry-after",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "x-request-id",
)
_HEADER_LENGTH = 500


def unpacked(received: bytearray) -> bytes:
    """The body itself: gzip is told by its first bytes, since a header may be missing or wrong. At most a byte more
    than the limit is unpacked; what came before bytes that can't be, is kept.
    """
    if received[:2] != b"\x1f\x8b":
        return bytes(received)
    unpacker, content = zlib.decompressobj(wbits=31), bytearray()
    for start in range(0, len(received), 2**16):
        try:
            content += unpacker.decompress(received[start : start + 2**16], MAX_BODY_BYTES + 1 - len(content))
        except zlib.error:
            break
        if len(content) > MAX_BODY_BYTES:
            break
    return bytes(content or received)


def kept_headers(headers: httpx.Headers, token: str) -> dict[str, str]:
    kept = {name: headers[name] for name in _KEPT_HEADERS if name in headers}
    return {name: struck_out(value.encode(), token).decode()[:_HEADER_LENGTH] for name, value in kept.items()}


def struck_out(content: bytes, token: str) -> bytes:
    """The token replaced wherever it stands, as it is or as a URL or JSON writes it."""
    if len(token) >= _SECRET_LENGTH:
        for spelling in {token, quote(token, safe=""), token.replace("/", "\\/")}:
            content = content.replace(spelling.encode(), b"***")
    return content


def words_of(error: httpx.HTTPError) -> str:
    """What went wrong on the way. An exception's own text is left out: it may quote a header."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return f"TLS failure: {getattr(cause, 'verify_message', '') or cause.reason}"
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__
