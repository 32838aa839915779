"""The peer: what Rasa's documentation makes of the same sentences. See docs/performance.md."""
