"""What runs have where a scenario file names nothing, and which stream carries which calibration."""

from __future__ import annotations

STREAMS_OF = {
    "BeamSpotObjectHP_ByLumi": {"ExpressAlignment", "HIExpressAlignment"},
    "BeamSpotObjectHP_ByRun": {"ExpressAlignment", "HIExpressAlignment"},
    "EcalPedestals_pcl": {"Calibration"},
    "SiPixelQualityFromDbRcd_prompt": {"Express", "HIExpress"},
    "SiPixelAliHG_pcl": {"Express", "HIExpress"},
    "SiStripBadStrip_pcl": {"Express", "HIExpress", "ExpressCosmics"},
    "BeamSpotObject_ByRun": {"Express", "HIExpress"},
    "SiPixelAli_pcl": {"Express", "HIExpress"},
    "SiPixelAliHGCombined_pcl": {"Express", "HIExpress"},
    "SiPixelLA_pcl": {"Express", "HIExpress"},
    "SiStripApvGain_pcl": {"Express", "HIExpress"},
    "SiStripApvGainAAG_pcl": {"Express", "HIExpress"},
    "SiStripBadStripRcdHitEff_pcl": {"Express", "HIExpress"},
    "SiPixelLAMCS_pcl": {"ExpressCosmics"},
    "SiStripLA_pcl": {"ExpressCosmics"},
    "SiPixelAliHLTHGCombined_pcl": {"HLTMonitor", "HIHLTMonitor"},
    "LumiPCCCorrections_pcl": {"ALCALumiPixelsCountsExpress"},
    "PPSDiamondTimingCalibration_pcl": {"ALCAPPSExpress"},
    "CTPPSRPAlignment_real_pcl": {"ALCAPPSExpress"},
}
"""Input tag to the Express streams whose `alca_skim` names its producer (era Run2026D, HIRun2026A)."""

PRODUCING_STREAMS = frozenset().union(*STREAMS_OF.values())

STREAMS = {
    "collisions": ["Express", "ExpressAlignment", "Calibration"],
    "cosmics": ["ExpressCosmics"],
    "heavy-ions": ["HIExpress", "HIExpressAlignment", "Calibration"],
    "commissioning": ["Express"],
}
"""Where a run names none."""
DATASETS = {
    "collisions": ["Muon0", "JetMET0"],
    "cosmics": ["Cosmics"],
    "heavy-ions": ["HIPhysicsRawPrime0", "HIForward0"],
    "commissioning": ["Commissioning"],
}
