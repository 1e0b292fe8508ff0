"""How many vectors there are, and which of PostgreSQL's indexes over them there should be, and are."""
