"""`leeway drift DECLARATION --report FILE`: rows, events and counts -> one page; pure, but for what reads them."""
