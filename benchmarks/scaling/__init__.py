"""From what one core does to millions of samples a second: sizing, and a simulation that may contradict it."""
