"""What can go wrong in a way that a user can mend: one sentence each, naming the setting, row or file.

ParcelsError
├── SettingsError        a setting is missing or cannot be read
├── SourceError          the orders source cannot be read as asked
├── CredentialsError     the API does not accept our credentials
├── ServiceError         the API is unreachable or failing for everyone
├── WarehouseError       the data folder or its database cannot be used
└── ModelError           a file under sql/ cannot be built
"""


class ParcelsError(Exception):
    """Base of every error whose text is meant for the user as it stands."""


class SettingsError(ParcelsError):
    """A setting is missing or cannot be read."""


class SourceError(ParcelsError):
    """The orders source cannot be read as asked."""


class CredentialsError(ParcelsError):
    """The API does not accept our credentials."""


class ServiceError(ParcelsError):
    """The API is unreachable or failing for everyone, so that asking on would only burn the budget."""


class WarehouseError(ParcelsError):
    """The data folder or its database cannot be used."""


class ModelError(ParcelsError):
    """A file under sql/ cannot be built."""
