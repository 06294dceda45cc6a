"""Other hands: one file a peer, run in the peer's own environment, with that peer's usual calls."""
