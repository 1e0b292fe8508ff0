"""Reading OpenAPI descriptions (2.0, 3.0, 3.1) as connectors. Leniently: what is wrong in one is told, not refused.

1. `bundle` makes one document of all files; nothing refers to another file afterwards
2. `document` tells where 2.0 and 3.x differ, and lists the operations
3. `actions` makes an action of each: `parameters` and `bodies` say what it takes, `schemas` writes that as every
   provider takes it, `names` and `prose` say it in few words
4. `servers` and `security` say where the service is and how it is told who calls
5. `convert` puts the connector's document together, and `report` what was left out and why

None of it knows of databases or networks. `integrations/importing/` runs it, in a process of its own.
"""
