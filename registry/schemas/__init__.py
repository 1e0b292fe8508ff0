"""JSON Schema (draft 2020-12) as tools declare it: checked, compiled, measured, and compared by version.

`check` refuses what cannot be used, `validators` compiles, `diff` names what a newer schema breaks (`pair`, `rules` and
`tree` are its parts), `extent` measures, `example` makes a value.
"""
