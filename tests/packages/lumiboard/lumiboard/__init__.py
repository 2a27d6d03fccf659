"""The luminosity board, where the luminosity of each run is said to be calibrated or not. An invented service."""
