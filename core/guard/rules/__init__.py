"""One exit rule a file; each is a pure function of position, price and time."""
