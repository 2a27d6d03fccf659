"""OMS, the experiment's book of runs: when, for how long, with which beams and detectors."""
