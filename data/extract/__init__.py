"""Turn recordings into features: words, voice and face."""
