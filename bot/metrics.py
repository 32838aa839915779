"""Prometheus metrics; nothing in a label comes from a resident."""

from prometheus_client import Counter, Histogram

BUCKETS = (0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 8, 30)
MESSAGES = Counter("iju_messages_total", "Messages received", ["kind"])
TURNS = Counter("iju_turns_total", "Turns stored", ["outcome", "channel"])
TURN_SECONDS = Histogram("iju_turn_seconds", "From taking a message up to the turn's commit", buckets=BUCKETS)
ENGINE_SECONDS = Histogram("iju_engine_seconds", "The engine's part of a turn", buckets=BUCKETS)
DELIVERIES = Counter("iju_deliveries_total", "Deliveries ended", ["channel", "status"])
