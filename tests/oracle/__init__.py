"""An independent opinion about what is right: written from the design's text, shares no code with the program."""
