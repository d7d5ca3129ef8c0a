"""Last and mark prices from the streams of real venues. Orders and accounts are the exchanges' business."""
