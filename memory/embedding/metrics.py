"""What is counted of vectors. Labels are words of the product."""

from prometheus_client import Counter

from accounts.metrics import PREFIX

MADE = Counter(
    f"{PREFIX}memory_vectors",
    "Texts that an embedder was asked for a vector of, by what became of them.",
    ["outcome"],
)
