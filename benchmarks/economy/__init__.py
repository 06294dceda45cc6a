"""`make economy`: when to retrain, and what that is worth; on a year of flights and on streams of known truth."""
