"""From a suite file to a plan: what is read, checked, fingerprinted and put in order."""
