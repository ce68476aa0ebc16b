"""What ``arenatest COMMAND`` does: a module for each command, or for each family of them."""
