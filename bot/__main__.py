"""`python -m bot`: the same as the command `wavehelm`."""

from bot.cli import main

main()
