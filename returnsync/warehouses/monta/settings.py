"""The settings of an account at Monta."""

from typing import Literal

from pydantic import Field

from returnsync.secrets import SecretRef
from returnsync.warehouses.interface import WarehouseSettings


class MontaSettings(WarehouseSettings):
    """An account of Monta's REST API."""

    kind: Literal["monta"] = Field(description="The kind of warehouse system.", examples=["monta"])
    username: SecretRef = Field(
        description="User name of the REST API account, made in Monta's portal under Connect.",
        examples=["env:MONTA_USERNAME"],
    )
    password: SecretRef = Field(
        description="Its password. The account must be allowed to generate shipping labels.",
        examples=["env:MONTA_PASSWORD"],
    )
    base_url: str = Field(default="https://api-v6.monta.nl", description="The address of the API.")
