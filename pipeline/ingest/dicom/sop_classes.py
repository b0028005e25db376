"""Storage classes of objects that are no images, by their names in the registry (PS3.6 annex A)."""

from __future__ import annotations

from typing import Final

PREFIX: Final = "1.2.840.10008.5.1.4.1.1."
"""With what the UIDs of the standard's storage classes begin."""

NON_IMAGES: Final = {
    "4.2": "MR Spectroscopy", "8": "Standalone Overlay", "9": "Standalone Curve",
    "9.1": "Waveform - Trial", "9.1.1": "12-lead ECG Waveform", "9.1.2": "General ECG Waveform",
    "9.1.3": "Ambulatory ECG Waveform", "9.1.4": "General 32-bit ECG Waveform",
    "9.2.1": "Hemodynamic Waveform", "9.3.1": "Cardiac Electrophysiology Waveform",
    "9.4.1": "Basic Voice Audio Waveform", "9.4.2": "General Audio Waveform",
    "9.5.1": "Arterial Pulse Waveform", "9.6.1": "Respiratory Waveform",
    "9.6.2": "Multi-channel Respiratory Waveform", "9.7.1": "Routine Scalp Electroencephalogram Waveform",
    "9.7.2": "Electromyogram Waveform", "9.7.3": "Electrooculogram Waveform",
    "9.7.4": "Sleep Electroencephalogram Waveform", "9.8.1": "Body Position Waveform",
    "10": "Standalone Modality LUT", "11": "Standalone VOI LUT",
    "11.1": "Grayscale Softcopy Presentation State", "11.2": "Color Softcopy Presentation State",
    "11.3": "Pseudo-Color Softcopy Presentation State", "11.4": "Blending Softcopy Presentation State",
    "11.5": "XA/XRF Grayscale Softcopy Presentation State",
    "11.6": "Grayscale Planar MPR Volumetric Presentation State",
    "11.7": "Compositing Planar MPR Volumetric Presentation State",
    "11.8": "Advanced Blending Presentation State",
    "11.9": "Volume Rendering Volumetric Presentation State",
    "11.10": "Segmented Volume Rendering Volumetric Presentation State",
    "11.11": "Multiple Volume Rendering Volumetric Presentation State",
    "11.12": "Variable Modality LUT Softcopy Presentation State",
    "66": "Raw Data",
    "66.1": "Spatial Registration", "66.2": "Spatial Fiducials", "66.3": "Deformable Spatial Registration",
    "66.4": "Segmentation", "66.5": "Surface Segmentation", "66.6": "Tractography Results",
    "66.7": "Label Map Segmentation",
    "67": "Real World Value Mapping", "68.1": "Surface Scan Mesh", "68.2": "Surface Scan Point Cloud",
    "77.1.5.3": "Stereometric Relationship", "78.1": "Lensometry Measurements",
    "78.2": "Autorefraction Measurements", "78.3": "Keratometry Measurements",
    "78.4": "Subjective Refraction Measurements", "78.5": "Visual Acuity Measurements",
    "78.6": "Spectacle Prescription Report", "78.7": "Ophthalmic Axial Measurements",
    "78.8": "Intraocular Lens Calculations", "79.1": "Macular Grid Thickness and Volume Report",
    "80.1": "Ophthalmic Visual Field Static Perimetry Measurements", "88.1": "Text SR - Trial",
    "88.2": "Audio SR - Trial", "88.3": "Detail SR - Trial",
    "88.4": "Comprehensive SR - Trial", "88.11": "Basic Text SR", "88.22": "Enhanced SR",
    "88.33": "Comprehensive SR", "88.34": "Comprehensive 3D SR", "88.35": "Extensible SR",
    "88.40": "Procedure Log", "88.50": "Mammography CAD SR", "88.59": "Key Object Selection Document",
    "88.65": "Chest CAD SR", "88.67": "X-Ray Radiation Dose SR",
    "88.68": "Radiopharmaceutical Radiation Dose SR", "88.69": "Colon CAD SR",
    "88.70": "Implantation Plan SR", "88.71": "Acquisition Context SR", "88.72": "Simplified Adult Echo SR",
    "88.73": "Patient Radiation Dose SR", "88.74": "Planned Imaging Agent Administration SR",
    "88.75": "Performed Imaging Agent Administration SR", "88.76": "Enhanced X-Ray Radiation Dose SR",
    "88.77": "Waveform Annotation SR", "90.1": "Content Assessment Results",
    "91.1": "Microscopy Bulk Simple Annotations", "104.1": "Encapsulated PDF", "104.2": "Encapsulated CDA",
    "104.3": "Encapsulated STL", "104.4": "Encapsulated OBJ", "104.5": "Encapsulated MTL",
    "129": "Standalone PET Curve", "131": "Basic Structured Display",
    "200.1": "CT Defined Procedure Protocol", "200.2": "CT Performed Procedure Protocol",
    "200.3": "Protocol Approval", "200.7": "XA Defined Procedure Protocol",
    "200.8": "XA Performed Procedure Protocol", "201.1": "Inventory", "481.2": "RT Dose",
    "481.3": "RT Structure Set", "481.4": "RT Beams Treatment Record", "481.5": "RT Plan",
    "481.6": "RT Brachy Treatment Record", "481.7": "RT Treatment Summary Record", "481.8": "RT Ion Plan",
    "481.9": "RT Ion Beams Treatment Record", "481.10": "RT Physician Intent",
    "481.11": "RT Segment Annotation", "481.12": "RT Radiation Set",
    "481.13": "C-Arm Photon-Electron Radiation", "481.14": "Tomotherapeutic Radiation",
    "481.15": "Robotic-Arm Radiation", "481.16": "RT Radiation Record Set",
    "481.17": "RT Radiation Salvage Record", "481.18": "Tomotherapeutic Radiation Record",
    "481.19": "C-Arm Photon-Electron Radiation Record", "481.20": "Robotic Radiation Record",
    "481.21": "RT Radiation Set Delivery Instruction", "481.22": "RT Treatment Preparation",
    "481.25": "RT Patient Position Acquisition Instruction",
}  # fmt: skip
"""Name without the word Storage, by what follows the prefix."""

_FAMILIES: Final = {
    "9": "Waveform", "11": "Presentation State", "66": "Registration or Segmentation",
    "78": "Ophthalmic Measurements", "88": "SR", "91": "Annotations", "104": "Encapsulated", "481": "RT",
}  # fmt: skip
"""What the numbers of later classes begin with, which the registry may have by now."""
SLIDES: Final = {
    f"{PREFIX}77.1.6": "VL Whole Slide Microscopy Image",
    f"{PREFIX}77.1.9": "Confocal Microscopy Tiled Pyramidal Image",
}
VIDEOS: Final = {
    f"{PREFIX}77.1.1.1": "Video Endoscopic Image",
    f"{PREFIX}77.1.2.1": "Video Microscopic Image",
    f"{PREFIX}77.1.4.1": "Video Photographic Image",
}
SEGMENTATION: Final = f"{PREFIX}66.4"
LABEL_MAP: Final = f"{PREFIX}66.7"
STRUCTURE_SET: Final = f"{PREFIX}481.3"
SECONDARY_CAPTURE: Final = f"{PREFIX}7"
_RT_IMAGES: Final = frozenset({"481.1", "481.23", "481.24"})


def non_image_name(sop_class: str) -> str:
    """The name of a class of objects that are no images, of its family for later ones; "" for others.

    >>> non_image_name("1.2.840.10008.5.1.4.1.1.88.33"), non_image_name("1.2.840.10008.5.1.4.1.1.2")
    ('Comprehensive SR', '')
    """
    if not sop_class.startswith(PREFIX):
        return ""
    number = sop_class.removeprefix(PREFIX)
    if number in NON_IMAGES:
        return NON_IMAGES[number]
    family = _FAMILIES.get(number.partition(".")[0], "")
    return f"{family} of a class unknown here" if family and number not in _RT_IMAGES else ""
