"""The past judged again, under other [drift] settings: reads topics, and changes nothing."""
