"""Whether what is known can be trained on: the samples and labels of late, pane by pane, against those before them."""
