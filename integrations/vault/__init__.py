"""The one door for secrets: a key file opens a tenant's data key, and that opens what was sealed for the tenant.

`keyring` holds the key-encrypting key, `data_keys` the tenants' data keys, `sealing` seals and opens with them.
"""

from integrations.vault.data_keys import derived_key
from integrations.vault.sealing import Sealer, open_sealed, seal, sealer_at_hand, sealer_for

__all__ = ["Sealer", "derived_key", "open_sealed", "seal", "sealer_at_hand", "sealer_for"]
