-- Passwords for the two roles, from the environment of psql. Needed where connections come over the network.

\getenv owner_password QM_OWNER_PASSWORD
\getenv app_password QM_APP_PASSWORD
ALTER ROLE qm_owner PASSWORD :'owner_password';
ALTER ROLE qm_app PASSWORD :'app_password';
