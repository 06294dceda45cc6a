"""What the gate asks of a challenger beside a smaller loss: one check a module, each a pure function with figures."""
