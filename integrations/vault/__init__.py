"""The one door for secrets: the vault's key opens a tenant's data key, and that opens what was sealed for the tenant.

`wrapping` is the port of the vault's key, `data_keys` are the tenants' keys, `sealing` seals and opens with them,
`places` knows what is sealed where.
"""

from integrations.vault.derived import derived_key
from integrations.vault.sealing import Opener, Sealer, open_sealed, seal, sealer_at_hand, sealer_for

__all__ = ["Opener", "Sealer", "derived_key", "open_sealed", "seal", "sealer_at_hand", "sealer_for"]
