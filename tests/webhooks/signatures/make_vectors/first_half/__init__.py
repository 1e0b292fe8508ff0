"""Vectors of the vendors from Airtable to Zendesk that are not made elsewhere: what signs, and what has to take it."""
