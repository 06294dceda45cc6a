"""Other hands on the streams of `make calibrate`: README.md has the contract."""
