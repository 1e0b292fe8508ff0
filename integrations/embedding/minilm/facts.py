"""What is known of the model without loading it."""

from integrations.embedding.base import ModelFacts

MODEL_ID = "minilm-l6-v2"
FACTS = ModelFacts(
    id=MODEL_ID,
    dimensions=384,
    note="all-MiniLM-L6-v2: texts are near when they mean similar things, in English above all; 256 tokens count.",
)
