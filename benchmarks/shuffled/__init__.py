"""`make shuffled`: a year of flights, and the same year with its rows shuffled over time, through the same judge."""
