"""The stages of an extraction, as its settings choose them."""
