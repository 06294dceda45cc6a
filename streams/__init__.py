"""The stream: framer, Faust app, lanes, drift."""
