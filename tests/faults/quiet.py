"""What the campaign's own clients say of a broker that is away goes nowhere: that is what the campaign is about."""

import logging

LOGGER = logging.getLogger("faults.clients")
LOGGER.addHandler(logging.NullHandler())
LOGGER.propagate = False
