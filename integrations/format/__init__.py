"""How a service is written down, and read: one folder, or one row of a tenant.

`types` is what a connector is. `read` makes one of two documents: `shape` says whether they have the form of the two
JSON Schemas here, `defaults` what follows without being written, `auth`, `actions` and `calls` what becomes of their
parts, the `check` files what else would be wrong. `folder` finds the documents in files, `shelf` all that a tenant has.
"""
