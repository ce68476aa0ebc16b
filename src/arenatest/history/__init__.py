"""Looking back over recorded runs: listed, one in detail, two compared, many over time."""
