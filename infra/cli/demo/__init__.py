"""`leeway demo`: the whole loop over a real year of flights, in a deployment of its own."""
