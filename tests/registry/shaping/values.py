"""JSON values of all kinds, for properties."""

from hypothesis import strategies as st

# No surrogates and no NUL: `read_json` lets neither in.
_LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
texts = st.text(_LETTERS, max_size=60)
names = st.text(_LETTERS, max_size=12)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=8) | st.dictionaries(names, inner, max_size=8), max_leaves=40
)
