"""The same job in other hands, each as its own documentation recommends; one file a peer, run as a process."""
