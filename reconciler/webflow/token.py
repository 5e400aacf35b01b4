"""Read and check the token and the address of the API."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from reconciler.addresses import is_trusted
from reconciler.errors import StoreError, TokenError
from reconciler.masking import register_secret

DEFAULT_ADDRESS = "https://api.webflow.com/v2"
ADDRESS_VARIABLE = "WEBFLOW_API_URL"


class Token:
    """A secret. Only `header` reveals it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text
        register_secret(text)

    @property
    def header(self) -> str:
        """Return the value of the Authorization header."""
        return f"Bearer {self._text}"

    def hide(self, text: str) -> str:
        """Return *text* with the token masked."""
        return text.replace(self._text, "***")

    def __repr__(self) -> str:
        return "Token(***)"


def load_token(environ: Mapping[str, str], name: str, file: Path | None = None) -> Token:
    """Return the token in *file* if it is given, else in the variable *name*.

    Raises:
        TokenError: The token is missing, blank, or malformed. The text never contains it.
    """
    if file is not None:
        place = f"the file {file}"
        try:
            text = file.read_text("ascii").removesuffix("\n").removesuffix("\r")
        except (OSError, ValueError):
            raise TokenError(
                f"Can't read a token from {place}. Check its path and content."
            ) from None
    else:
        place = f"the variable {name}"
        text = environ.get(name, "")
    if not text.strip():
        raise TokenError(f"There is no token in {place}. Set it to a token of the site.")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise TokenError(
            f"The content of {place} is not a token: it has white space, a line break, or a"
            " character outside ASCII. Copy the token again, without quotes or a line end."
        )
    return Token(text)


def load_address(environ: Mapping[str, str]) -> str:
    """Return the address of the API.

    It comes only from the environment, so that no pull request can set it. An address without a
    path gets `/v2`, the only version.

    Raises:
        StoreError: The address is not safe for a token.
    """
    address = environ.get(ADDRESS_VARIABLE, "") or DEFAULT_ADDRESS
    if not is_trusted(address):
        raise StoreError(
            f"{ADDRESS_VARIABLE} must be https://…, or http://… on loopback, without user name,"
            " query, or fragment."
        )
    return address.rstrip("/") if urlsplit(address).path.strip("/") else address.rstrip("/") + "/v2"
