"""How often verdicts are false where nothing changes, and how soon they come where something does."""
