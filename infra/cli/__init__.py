"""The command line `leeway`: each command a module, loaded only when it runs."""
