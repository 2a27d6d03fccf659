"""One collisions run whose last payload comes at 6 h, one and a half hours after its streams are done."""

STORY = """
start = 2026-06-01T00:00:00Z
until = "12h"
[[run]]
number = 398600
class = "collisions"
start = "0h"
end = "3h"
express_done = "5h"
product = [
  { name = "BeamSpotObjectHP_ByLumi", harvested = "4h" },
  { name = "SiPixelQualityFromDbRcd_prompt", harvested = "4h" },
  { name = "SiStripBadStrip_pcl", harvested = "4h", uploaded = "6h" },
  { name = "SiPixelAliHG_pcl", harvested = "4h" },
  { name = "EcalPedestals_pcl", harvested = "4h" },
]
"""
