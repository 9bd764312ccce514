# Sourced by scoreboard-setup --check
