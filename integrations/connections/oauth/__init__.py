"""OAuth 2.0 in the browser and behind it: a tenant's app, the way to the vendor and back, requests for tokens.

oauthlib knows the protocol, egress the network; what a vendor does unlike others is data (`format/types.py: OAuth`).
"""
